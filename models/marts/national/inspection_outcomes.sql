{%- set z = var('interval_z') -%}
{%- set within = 'population, measure, period_from, period_to, line' -%}
with

counts as (

    select * from {{ ref('int_national__inspection_counts') }}

),

exclusions as (

    select * from {{ ref('inspection_exclusions') }}

),

periods as (

    select distinct
        force,
        topic,
        period_from,
        period_to
    from counts

),

-- A force's remarks of a topic that touch the period.
remarks as (

    select
        periods.force,
        periods.topic,
        periods.period_from,
        periods.period_to,
        max(case when exclusions.effect = 'left out' then exclusions.reason end)
            as exclusion_reason,
        max(case when exclusions.effect != 'left out' then exclusions.reason end)
            as caution
    from periods
    inner join exclusions
        on
            periods.force = exclusions.force
            and periods.topic = exclusions.topic
            and periods.period_from <= exclusions.period_to
            and periods.period_to >= exclusions.period_from
    group by periods.force, periods.topic, periods.period_from, periods.period_to

),

valued as (

    select
        counts.*,
        remarks.exclusion_reason,
        remarks.caution,
        remarks.exclusion_reason is not null as is_left_out,
        case
            when
                counts.offences > 0 and counts.outcomes >= 0
                and (
                    counts.measure = 'untracked rate'
                    or counts.outcomes <= counts.offences
                )
                then cast(counts.outcomes as double) / counts.offences
        end as value
    from counts
    left join remarks
        on
            counts.force = remarks.force
            and counts.topic = remarks.topic
            and counts.period_from = remarks.period_from
            and counts.period_to = remarks.period_to

),

-- Ranks and totals are of the forces that are kept, within one measure alone.
ranked as (

    select
        *,
        cast(
            sum(case when not is_left_out then outcomes end)
                over (partition by {{ within }})
            as double
        )
        / sum(case when not is_left_out then offences end)
            over (partition by {{ within }}) as england_and_wales,
        count(case when not is_left_out then value end)
            over (partition by {{ within }}) as forces_compared,
        case
            when not is_left_out and value is not null
                then cast(rank() over (
                        partition by {{ within }}, is_left_out, value is null
                        order by value desc
                    ) as bigint)
        end as rank_from_highest,
        case
            when not is_left_out and value is not null
                then rank() over (
                        partition by {{ within }}, is_left_out, value is null
                        order by value asc
                    )
        end as rank_from_lowest
    from valued

),

final as (

    select
        force,
        population,
        measure,
        period_from,
        period_to,
        line,
        is_group_total,
        outcomes,
        outcomes_key,
        offences,
        offences_key,
        value,
        case
            when measure = 'tracked proportion'
                then {{ wilson_bound('value', 'offences', z, '-') }}
            when outcomes > 0
                then value * exp(-{{ z }}e0 * sqrt(1e0 / outcomes + 1e0 / offences))
        end as ci_low,
        case
            when measure = 'tracked proportion'
                then {{ wilson_bound('value', 'offences', z, '+') }}
            when outcomes > 0
                then value * exp({{ z }}e0 * sqrt(1e0 / outcomes + 1e0 / offences))
        end as ci_high,
        england_and_wales,
        forces_compared,
        rank_from_highest,
        {{ position_among_forces() }} as position,
        is_left_out,
        exclusion_reason,
        caution
    from ranked

)

select * from final
