{#- The five extracts, under the names of the input contract, and where each is checked. -#}
{% macro checked_extracts() -%}
    {{ return([
        ('offences', 'int_offences_checked'),
        ('victims', 'int_victims_checked'),
        ('suspects', 'int_suspects_checked'),
        ('flags', 'int_flags_checked'),
        ('knife_crime_features', 'int_features_checked'),
    ]) }}
{%- endmacro %}

{#- The source that fills the warehouse's crime reports. A build of another study has none
    of them, yet dbt reads the whole project before it selects. -#}
{% macro crime_report_source() -%}
    {{ return('nibrs' if env_var('LINKAGE_SOURCE', 'cris') == 'nibrs' else 'cris') }}
{%- endmacro %}
