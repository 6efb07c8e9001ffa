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
        end as suspect_arrest,
        {{ area_bits() }}
            as areas
    from {{ ref('cases') }}

),

crime_areas as (

    {{ numbered_areas() }}

),

counted as (

    select
        {% for dimension, column in withdrawal_dimensions() -%}
        {{ column }},
        grouping({{ column }}) as is_without_{{ dimension }},
        {% endfor -%}
        areas,
        is_victim_withdrawal,
        count(*) as cases
    from cases
    group by grouping sets (
        {% for dimension, column in withdrawal_dimensions() -%}
        ({{ column }}, areas, is_victim_withdrawal),
        {% endfor -%}
        (areas, is_victim_withdrawal)
    )

),

hate_crimes as (

    select
        {% for column, strand in hate_strand_columns() -%}
        {{ column }},
        {% endfor -%}
        areas,
        is_victim_withdrawal,
        count(*) as cases
    from cases
    group by
        {% for column, strand in hate_strand_columns() -%}
        {{ column }},
        {% endfor -%}
        areas,
        is_victim_withdrawal

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
        areas,
        is_victim_withdrawal,
        cases
    from counted

    {% for column, strand in hate_strand_columns() -%}
    union all

    select
        'hate_strand' as dimension,
        '{{ strand }}' as category,
        areas,
        is_victim_withdrawal,
        cases
    from hate_crimes
    where {{ column }}

    {% endfor %}
),

final as (

    select
        crime_areas.area_no,
        crime_areas.crime_area,
        by_category.dimension,
        by_category.category,
        cast(sum(by_category.cases) as bigint) as cases,
        cast(
            sum(
                case
                    when by_category.is_victim_withdrawal then by_category.cases
                    else 0
                end
            ) as bigint
        ) as withdrawals
    from by_category
    inner join crime_areas
        on (by_category.areas & crime_areas.area_bit) > 0
    where by_category.category != 'No suspect recorded'
    group by
        crime_areas.area_no,
        crime_areas.crime_area,
        by_category.dimension,
        by_category.category

)

select * from final
