{#- The source of the canonical extracts. A build of another study has none of them, yet
    dbt reads the whole project before it selects. -#}
{% macro crime_report_source() -%}
    {{ return('nibrs' if env_var('LINKAGE_SOURCE', 'cris') == 'nibrs' else 'cris') }}
{%- endmacro %}
