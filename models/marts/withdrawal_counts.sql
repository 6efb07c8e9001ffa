{{ config(materialized='ephemeral', contract={'enforced': false}) }}
-- noqa: disable=LT02,PRS
-- Cases and withdrawals of every area by every category, in one pass over the cases.
with

cases as (

    select
        *,
        substr(cast(recorded_on as string), 1, 7) as recorded_month,
        case when is_suspect_recorded then 'Yes' else 'No' end as suspect_recorded,
        case
            when not is_suspect_recorded then 'No suspect recorded'
            when is_suspect_known_to_victim then 'Yes'
            else 'No'
        end as suspect_known,
        case
            when not is_suspect_recorded then 'No suspect recorded'
            when is_suspect_arrested_on_scene then 'Arrested on scene'
            when is_suspect_arrested_or_interviewed_later
                then 'Arrested or interviewed later'
            else 'Not arrested or interviewed'
        end as suspect_arrest
    from {{ ref('cases') }}

),

counted as (

    select
        {% for dimension, column in withdrawal_dimensions() -%}
        {{ column }},
        grouping({{ column }}) as is_without_{{ dimension }},
        {% endfor -%}
        {% for area, condition in reporting_areas() -%}
        sum(case when {{ condition }} then 1 else 0 end) as cases_{{ loop.index }},
        sum(case when {{ condition }} and is_victim_withdrawal then 1 else 0 end)
            as withdrawals_{{ loop.index }}{{ "," if not loop.last }}
        {% endfor %}
    from cases
    group by grouping sets (
        {% for dimension, column in withdrawal_dimensions() -%}
        ({{ column }}),
        {% endfor -%}
        ()
    )

),

hate_strands as (

    {% for column, strand in hate_strand_columns() -%}
    select
        'hate_strand' as dimension,
        '{{ strand }}' as category,
        {% for area, condition in reporting_areas() -%}
        sum(case when {{ condition }} then 1 else 0 end) as cases_{{ loop.index }},
        sum(case when {{ condition }} and is_victim_withdrawal then 1 else 0 end)
            as withdrawals_{{ loop.index }}{{ "," if not loop.last }}
        {% endfor %}
    from cases
    where {{ column }}
    {{ "union all" if not loop.last }}
    {% endfor %}

),

by_category as (

    select
        case
            {% for dimension, column in withdrawal_dimensions() -%}
            when is_without_{{ dimension }} = 0 then '{{ dimension }}'
            {% endfor -%}
            else 'all'
        end as dimension,
        coalesce(
            {% for dimension, column in withdrawal_dimensions() -%}
            {{ column }},
            {% endfor -%}
            'All cases'
        ) as category,
        {% for area, condition in reporting_areas() -%}
        cases_{{ loop.index }},
        withdrawals_{{ loop.index }}{{ "," if not loop.last }}
        {% endfor %}
    from counted

    union all

    select * from hate_strands

),

areas as (

    {{ numbered_areas() }}

),

by_area as (

    select
        areas.area_no,
        areas.crime_area,
        by_category.dimension,
        by_category.category,
        {{ of_area('by_category.cases') }} as cases,
        {{ of_area('by_category.withdrawals') }} as withdrawals
    from by_category
    cross join areas

),

final as (

    select * from by_area
    where
        cases > 0
        and category != 'No suspect recorded'

)

select * from final
