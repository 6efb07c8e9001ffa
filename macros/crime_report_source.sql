{#- Whose rows are the canonical extracts. A build of another study has none of them, yet
    dbt reads the whole project before it selects. -#}
{% macro crime_report_source() -%}
    {{ return('nibrs' if var('source') == 'nibrs' else 'cris') }}
{%- endmacro %}
