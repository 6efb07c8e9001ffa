with

outcomes as (

    select
        *,
        {{ match_key('raw_force') }} as force_key,
        {{ match_key('raw_crime_type') }} as crime_type_key
    from {{ ref('stg_national__home_office_outcomes') }}

),

force_names as (

    select
        force,
        {{ match_key('raw_force') }} as force_key
    from {{ ref('force_names') }}

),

crime_types as (

    select
        *,
        {{ match_key('raw_crime_type') }} as crime_type_key
    from {{ ref('home_office_crime_types') }}

),

offence_types as (

    select * from {{ ref('home_office_offence_types') }}

),

outcome_types as (

    select * from {{ ref('home_office_outcome_types') }}

),

-- The latest edition of a year replaces all of it: publishers revise years as a whole.
latest as (

    select
        financial_year,
        max(delivery) as latest_delivery
    from outcomes
    group by financial_year

),

named as (

    select
        outcomes.*,
        force_names.force,
        crime_types.crime_group,
        outcome_types.outcome,
        coalesce(offence_types.crime_type, crime_types.crime_type) as crime_type,
        coalesce(outcomes.delivery = latest.latest_delivery, false) as is_current
    from outcomes
    left join force_names
        on outcomes.force_key = force_names.force_key
    left join crime_types
        on outcomes.crime_type_key = crime_types.crime_type_key
    left join offence_types
        on outcomes.offence_code = offence_types.offence_code
    left join outcome_types
        on outcomes.outcome_type = outcome_types.outcome_type
    left join latest
        on outcomes.financial_year = latest.financial_year

),

repeated_keys as (

    select
        delivery,
        financial_year,
        financial_quarter,
        force,
        offence_code,
        outcome_type
    from named
    where row_problem is null and force is not null
    group by
        delivery, financial_year, financial_quarter, force, offence_code,
        outcome_type
    having count(*) > 1

),

final as (

    select
        named.delivery,
        named.file_name,
        named.sheet,
        named.line_no,
        named.financial_year,
        named.financial_quarter,
        named.force,
        named.offence_code,
        named.offence,
        named.crime_group,
        named.crime_type,
        named.outcome_type,
        named.tracked_outcomes,
        named.untracked_outcomes,
        named.is_current,
        case
            when named.row_problem is not null then named.row_problem
            when named.force is null then 'not_in_forces force_name'
            when
                named.crime_type is null
                then 'not_in_crime_types offence_subgroup'
            when
                named.outcome is null
                then 'not_in_outcome_types outcome_type'
            when repeated_keys.force is not null then 'key_repeated'
        end as rejection_reason
    from named
    left join repeated_keys
        on
            named.delivery = repeated_keys.delivery
            and named.financial_year = repeated_keys.financial_year
            and named.financial_quarter = repeated_keys.financial_quarter
            and named.force = repeated_keys.force
            and named.offence_code = repeated_keys.offence_code
            and named.outcome_type = repeated_keys.outcome_type

)

select * from final
