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

areas as (

    {{ numbered_areas() }}

),

by_area as (

    select
        areas.crime_area,
        counts.duration_band,
        {{ of_area('counts.withdrawals') }} as withdrawals
    from counts
    cross join areas

),

final as (

    select
        crime_area,
        duration_band,
        withdrawals,
        cast(withdrawals as double)
        / sum(withdrawals) over (partition by crime_area) as share
    from by_area
    where withdrawals > 0

)

select * from final
