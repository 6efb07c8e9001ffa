with

outcomes as (

    select
        *,
        {{ key_of_delivered_count([
            'force', 'financial_year', 'financial_quarter', 'offence_code',
            'outcome_type',
        ]) }} as record_key
    from {{ ref('int_national__home_office_outcomes_checked') }}
    where is_current and rejection_reason is null

),

outcome_types as (

    select * from {{ ref('home_office_outcome_types') }}

),

crime_types as (

    select distinct
        crime_type,
        crime_group,
        is_compared
    from {{ ref('home_office_crime_types') }}

),

counts as (

    select
        force,
        financial_year,
        financial_quarter,
        crime_type,
        outcome_type,
        sum(tracked_outcomes) as tracked_outcomes,
        {{ cell_key(condition='tracked_outcomes is not null') }}
            as tracked_outcomes_key,
        sum(untracked_outcomes) as untracked_outcomes,
        {{ cell_key(condition='untracked_outcomes is not null') }}
            as untracked_outcomes_key
    from outcomes
    group by force, financial_year, financial_quarter, crime_type, outcome_type

),

final as (

    select
        counts.force,
        counts.financial_year,
        counts.financial_quarter,
        {{ financial_quarter_from(
            'counts.financial_year', 'counts.financial_quarter'
        ) }} as quarter_from,
        crime_types.crime_group,
        counts.crime_type,
        crime_types.is_compared,
        counts.outcome_type,
        outcome_types.outcome,
        outcome_types.outcome_group,
        cast(counts.tracked_outcomes as bigint) as tracked_outcomes,
        counts.tracked_outcomes_key,
        cast(counts.untracked_outcomes as bigint) as untracked_outcomes,
        counts.untracked_outcomes_key
    from counts
    inner join crime_types
        on counts.crime_type = crime_types.crime_type
    inner join outcome_types
        on counts.outcome_type = outcome_types.outcome_type

)

select * from final
