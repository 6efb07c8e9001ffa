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

by_area as (

    {% for area, condition in reporting_areas() -%}
    select
        '{{ area }}' as crime_area,
        outcome_group,
        cast(cases_{{ loop.index }} as bigint) as cases
    from counts
    where cases_{{ loop.index }} > 0
    {{ "union all" if not loop.last }}
    {% endfor %}

),

final as (

    select
        crime_area,
        outcome_group,
        cases,
        cast(cases as double)
        / sum(cases) over (partition by crime_area) as share
    from by_area

)

select * from final
