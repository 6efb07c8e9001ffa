{{ config(meta={'dagster': {'ref': {'name': 'violent_crimes'}}}) }}
-- A level that no lookup names would be a column of a model that nobody expects. Units
-- and years are open lists.
{% set variables = [
    'outcome_group', 'section', 'uniform_or_cid', 'report_method', 'offender_unknown',
    'injury_code', 'response_code', 'victim_sex', 'victim_age_band',
    'offender_age_band', 'victim_ethnicity', 'victim_informed',
    'victim_informed_method', 'victim_support_discussed', 'victims_code_service',
] -%}
with

found as (

    {% for variable in variables -%}
    select distinct
        '{{ variable }}' as variable,
        {{ variable }} as level
    from {{ ref('violent_crimes') }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select
    found.variable,
    found.level
from found
left join {{ ref('violent_crime_levels') }} as levels
    on found.variable = levels.variable and found.level = levels.level
where levels.level is null
