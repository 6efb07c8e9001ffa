{#- Is the date inside --from/--to (both inclusive; none means open)? -#}
{% macro in_study_period(column) -%}
    (
        true
        {%- if var('study_from') not in (none, 'none', '') %}
        and {{ column }} >= cast('{{ var("study_from") }}' as date)
        {%- endif %}
        {%- if var('study_to') not in (none, 'none', '') %}
        and {{ column }} <= cast('{{ var("study_to") }}' as date)
        {%- endif %}
    )
{%- endmacro %}
