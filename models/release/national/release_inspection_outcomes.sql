{{ config(alias='inspection_outcomes') }}
{%- set z = var('interval_z') %}
{%- set counts = ['outcomes', 'offences'] %}
{%- set line = ['population', 'measure', 'period_from', 'period_to', 'line'] %}
{%- set within = line | join(', ') %}
-- noqa: disable=LT02
with

outcomes as (

    select * from {{ ref('inspection_outcomes') }}

),

totals as (

    select
        {{ line | join(',\n        ') }},
        {% for count in counts -%}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {{ cell_key(count ~ '_key') }} as {{ count }}_key
        {{- "," if not loop.last }}
        {% endfor %}
    from outcomes
    where not is_left_out
    group by {{ within }}

),

counts as (

    select
        force,
        {{ line | join(',\n        ') }},
        is_group_total,
        is_left_out,
        exclusion_reason,
        caution,
        {{ released_counts(counts) }}
    from outcomes

    union all

    select
        'England and Wales' as force,
        {{ line | join(',\n        ') }},
        cast(null as boolean) as is_group_total,
        true as is_left_out,
        cast(null as string) as exclusion_reason,
        cast(null as string) as caution,
        {{ released_counts(counts) }}
    from totals

),

valued as (

    select
        *,
        not is_left_out and offences >= {{ var('minimum_cases') }} as is_compared,
        case
            when measure = 'tracked proportion'
                then {{ released_share('outcomes', 'offences') }}
            when offences >= {{ var('minimum_cases') }} and outcomes >= 10
                then round(cast(outcomes as double) / offences, 3)
        end as value
    from counts

),

-- Without a value, a force had fewer than 10 outcomes, or all offences but a few.
ranked as (

    select
        *,
        coalesce(value, case when outcomes is null then 0 else 1 end) as place,
        max(case when force = 'England and Wales' then value end)
            over (partition by {{ within }}) as england_and_wales,
        count(case when is_compared then 1 end)
            over (partition by {{ within }}) as forces_compared
    from valued

),

placed as (

    select
        *,
        case
            when is_compared and value is not null
                then cast(rank() over (
                        partition by {{ within }}, is_compared order by place desc
                    ) as bigint)
        end as rank_from_highest,
        rank() over (
            partition by {{ within }}, is_compared order by place asc
        ) as rank_from_lowest
    from ranked

),

final as (

    select
        force,
        {{ line | join(',\n        ') }},
        is_group_total,
        outcomes,
        offences,
        value,
        case
            when measure = 'tracked proportion'
                then {{ released_bound('outcomes', 'offences', '-') }}
            when value is not null
                then
                    round(
                        value * exp(-{{ z }}e0 * sqrt(1e0 / outcomes + 1e0 / offences)),
                        3
                    )
        end as ci_low,
        case
            when measure = 'tracked proportion'
                then {{ released_bound('outcomes', 'offences', '+') }}
            when value is not null
                then
                    round(
                        value * exp({{ z }}e0 * sqrt(1e0 / outcomes + 1e0 / offences)),
                        3
                    )
        end as ci_high,
        england_and_wales,
        forces_compared,
        rank_from_highest,
        {{ position_among_forces() }} as position,
        is_left_out,
        exclusion_reason,
        caution,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from placed
    where force != 'England and Wales'

)

select * from final
