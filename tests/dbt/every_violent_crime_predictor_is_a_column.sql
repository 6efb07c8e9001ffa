{{ config(meta={'dagster': {'ref': {'name': 'violent_crime_predictors'}}}) }}
-- The terms of a model name columns of the mart, an interaction two of them.
{%- set columns = [] -%}
{%- if execute -%}
{%- for node in graph.nodes.values()
    if node.resource_type == 'model' and node.name == 'violent_crimes' -%}
    {%- do columns.extend(node.columns.keys()) -%}
{%- endfor -%}
{%- endif %}

select
    model,
    term_no,
    mart_columns
from {{ ref('violent_crime_predictors') }}
where
    split_part(mart_columns, ':', 1) not in ('{{ columns | join("', '") }}')
    or (
        kind = 'interaction'
        and split_part(mart_columns, ':', 2) not in ('{{ columns | join("', '") }}')
    )
