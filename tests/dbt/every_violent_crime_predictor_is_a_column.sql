-- noqa: disable=LT02
{{ config(meta={'dagster': {'ref': {'name': 'violent_crime_predictors'}}}) }}
-- The terms of a model name columns of the mart, an interaction two of them.
-- depends_on: {{ ref('violent_crimes') }}
with

mart_columns as (

    {% for name in columns_of('violent_crimes') -%}
    select '{{ name }}' as name
    {{ "union all" if not loop.last }}
    {% endfor %}
),

predictors as (

    select
        *,
        split_part(mart_columns, ':', 1) as first_column,
        coalesce(
            nullif(split_part(mart_columns, ':', 2), ''),
            split_part(mart_columns, ':', 1)
        ) as last_column
    from {{ ref('violent_crime_predictors') }}

)

select
    model,
    term_no,
    mart_columns
from predictors
where
    first_column not in (select name from mart_columns)
    or last_column not in (select name from mart_columns)
