-- noqa: disable=LT02
-- Investigation complete stands for the day of withdrawal: the outcome code is mostly
-- changed later (London study p. Victims withdraw at different stages, note 1).
with

withdrawals as (

    select * from {{ ref('cases') }}
    where is_victim_withdrawal

),

counts as (

    select
        duration_band,
        {% for area, condition in reporting_areas() -%}
        sum(case when {{ condition }} then 1 else 0 end)
            as withdrawals_{{ loop.index }}{{ "," if not loop.last }}
        {% endfor %}
    from withdrawals
    group by duration_band

),

by_area as (

    {% for area, condition in reporting_areas() -%}
    select
        '{{ area }}' as crime_area,
        duration_band,
        cast(withdrawals_{{ loop.index }} as bigint) as withdrawals
    from counts
    where withdrawals_{{ loop.index }} > 0
    {{ "union all" if not loop.last }}
    {% endfor %}

),

final as (

    select
        crime_area,
        duration_band,
        withdrawals,
        cast(withdrawals as double)
        / sum(withdrawals) over (partition by crime_area) as share
    from by_area

)

select * from final
