-- noqa: disable=LT02
with

cases as (

    select * from {{ ref('cases') }}

),

counts as (

    select
        outcome_group,
        {% for area, condition in reporting_areas() -%}
        sum(case when {{ condition }} then 1 else 0 end) as cases_{{ loop.index }}
        {{- "," if not loop.last }}
        {% endfor %}
    from cases
    group by outcome_group

),

areas as (

    {{ numbered_areas() }}

),

by_area as (

    select
        areas.crime_area,
        counts.outcome_group,
        {{ of_area('counts.cases') }} as cases
    from counts
    cross join areas

),

final as (

    select
        crime_area,
        outcome_group,
        cases,
        cast(cases as double)
        / sum(cases) over (partition by crime_area) as share
    from by_area
    where cases > 0

)

select * from final
