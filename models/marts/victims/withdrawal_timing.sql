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

category_order as (

    select * from {{ ref('category_order') }}
    where variable = 'duration_band'

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
        by_area.crime_area,
        by_area.duration_band,
        by_area.withdrawals,
        cast(by_area.withdrawals as double)
        / sum(by_area.withdrawals) over (partition by by_area.crime_area) as share,
        category_order.category_no as band_no
    from by_area
    left join category_order
        on by_area.duration_band = category_order.category
    where by_area.withdrawals > 0

)

select * from final
