{#- The audit models of the source: a column of each is a gap of data_quality_gaps. -#}
{% macro audit_tables() -%}
    {%- set of_crime_reports = [
        'audit_extract_rows', 'audit_crime_reports', 'audit_cases', 'audit_coverage',
        'audit_changes',
    ] -%}
    {%- set of_source = {
        'cris': of_crime_reports,
        'nibrs': of_crime_reports,
        'violent_crime': ['audit_violent_crime_rows', 'audit_violent_crimes'],
        'national': [
            'audit_national_rows', 'audit_cps_suspects', 'audit_victims_code_samples',
            'audit_victim_surveys', 'audit_force_quarters', 'audit_force_reconciliation',
        ],
    } -%}
    {{ return(of_source[env_var('LINKAGE_SOURCE', 'cris')]) }}
{%- endmacro %}

{#- The gaps of the seed that the source has the data for. -#}
{% macro gaps_of_source() -%}
    select * from {{ ref('data_quality_gaps') }}
    where concat(';', sources, ';') like '%;{{ env_var("LINKAGE_SOURCE", "cris") }};%'
{%- endmacro %}

{#- Columns of an audit model that may be a gap, and when a row has it: a column of yes
    and no that is no fact (`is_`), or a number over the gap's limit. -#}
{% macro gap_columns(table) -%}
    {%- set found = {} -%}
    {%- for name, kind in column_types(table).items() -%}
        {%- if kind == 'boolean' and not name.startswith('is_') -%}
            {%- do found.update({name: name}) -%}
        {%- elif kind == 'double' -%}
            {%- do found.update({name: name
                ~ " > (select max(upper_limit) from gaps where gap = '" ~ name ~ "')"
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Columns of a model with their types, from its contract. -#}
{% macro column_types(model_name) -%}
    {%- set found = {} -%}
    {%- for node in (graph.nodes.values() if execute else [])
        if node.resource_type == 'model' and node.name == model_name -%}
        {%- for column in node.columns.values() -%}
            {%- do found.update({column.name: column.data_type}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Verdict on a share, from columns `failing`, `population` and `tolerance`.
    It is beyond only where its whole 95% Wilson interval is: few rows allow for chance.
    Wilson's interval is the inversion of the score test, which this is. -#}
{% macro gap_verdict() -%}
    case
        when population = 0 then 'nothing to check'
        when cast(failing as double) / population <= tolerance then 'within tolerance'
        when
            cast(failing as double) / population
            > tolerance
            + {{ var('interval_z') }}e0
            * sqrt(tolerance * (1 - tolerance) / population)
            then 'beyond tolerance'
        else 'too few to tell'
    end
{%- endmacro %}
