with

outcomes as (

    select * from {{ ref('int_national__home_office_outcomes_checked') }}
    where is_current and rejection_reason is null

),

forces as (

    select * from {{ ref('forces') }}

),

quarters as (

    select
        financial_year,
        financial_quarter,
        max(delivery) as delivery,
        {{ financial_quarter_from('financial_year', 'financial_quarter') }}
            as quarter_from
    from outcomes
    group by financial_year, financial_quarter

),

counts as (

    select
        force,
        financial_year,
        financial_quarter,
        sum(tracked_outcomes) as offences,
        sum(case when outcome_type = '0' then tracked_outcomes else 0 end) as pending,
        sum(untracked_outcomes) as untracked_outcomes
    from outcomes
    group by force, financial_year, financial_quarter

),

final as (

    select
        quarters.delivery,
        forces.force,
        quarters.financial_year,
        quarters.financial_quarter,
        coalesce(forces.joined_on <= quarters.quarter_from, true)
        and coalesce(forces.left_on > quarters.quarter_from, true) as is_expected,
        cast(counts.offences as bigint) as offences,
        cast(counts.pending as bigint) as pending,
        cast(counts.untracked_outcomes as bigint) as untracked_outcomes
    from quarters
    cross join forces
    left join counts
        on
            forces.force = counts.force
            and quarters.financial_year = counts.financial_year
            and quarters.financial_quarter = counts.financial_quarter

)

select * from final
