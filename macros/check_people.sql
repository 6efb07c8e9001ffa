{#- Victims and suspects are held to the same rules. -#}
{% macro check_people(staged, key) -%}
    {{ check_rows(
        staged, key, ref('int_crime_reports_delivered'),
        not_there='crime report is not in the offences of this delivery'
    ) }}
{%- endmacro %}
