with

outcomes as (

    select
        *,
        {{ match_key('raw_force') }} as force_key
    from {{ ref('stg_national__domestic_abuse_outcomes') }}

),

force_names as (

    select
        force,
        {{ match_key('raw_force') }} as force_key
    from {{ ref('force_names') }}

),

outcome_types as (

    select * from {{ ref('home_office_outcome_types') }}

),

latest as (

    select
        period_to,
        max(delivery) as latest_delivery
    from outcomes
    group by period_to

),

named as (

    select
        outcomes.*,
        force_names.force,
        outcome_types.outcome,
        coalesce(outcomes.delivery = latest.latest_delivery, false) as is_current
    from outcomes
    left join force_names
        on outcomes.force_key = force_names.force_key
    left join outcome_types
        on outcomes.outcome_type = outcome_types.outcome_type
    left join latest
        on outcomes.period_to = latest.period_to

),

-- Every row of a force and period states the same number of offences.
facts as (

    select
        delivery,
        period_from,
        period_to,
        force,
        count(*) as all_rows,
        count(distinct outcome_type) as outcome_types,
        count(distinct offences_recorded) as stated_offences
    from named
    where row_problem is null and force is not null
    group by delivery, period_from, period_to, force

),

final as (

    select
        named.delivery,
        named.file_name,
        named.sheet,
        named.line_no,
        named.force,
        named.period_from,
        named.period_to,
        named.outcome_type,
        named.outcomes_recorded,
        named.offences_recorded,
        named.is_current,
        case
            when named.row_problem is not null then named.row_problem
            when named.period_from > named.period_to
                then 'period_begins_after_it_ends'
            when named.force is null then 'not_in_forces force_name'
            when
                named.outcome is null
                then 'not_in_outcome_types outcome_type'
            when facts.all_rows > facts.outcome_types then 'key_repeated'
            when
                facts.stated_offences > 1
                then 'offences_differ_within_a_force'
        end as rejection_reason
    from named
    left join facts
        on
            named.delivery = facts.delivery
            and named.period_from = facts.period_from
            and named.period_to = facts.period_to
            and named.force = facts.force

)

select * from final
