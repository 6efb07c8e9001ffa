{#- The first reason, in the order given, why a delivered row cannot be read; else null.
    Each check is (condition that is true for a bad row, reason). -#}
{% macro first_problem(checks) -%}
    case
        {%- for condition, reason in checks %}
        when {{ condition }} then '{{ reason }}'
        {%- endfor %}
    end
{%- endmacro %}

{% macro missing(column) -%}
    {{ return((clean_text(column) ~ ' is null', column ~ ' is missing')) }}
{%- endmacro %}

{% macro not_a_date(column) -%}
    {{ return((
        clean_text(column) ~ ' is not null and ' ~ read_date(column) ~ ' is null',
        column ~ ' is not a date (YYYY-MM-DD)',
    )) }}
{%- endmacro %}

{% macro not_a_whole_number(column) -%}
    {{ return((
        clean_text(column) ~ ' is not null and ' ~ read_integer(column) ~ ' is null',
        column ~ ' is not a whole number',
    )) }}
{%- endmacro %}

{% macro not_a_number_from_one(column) -%}
    {{ return((
        'coalesce(' ~ read_integer(column) ~ ', 0) < 1',
        column ~ ' is not a whole number of 1 or more',
    )) }}
{%- endmacro %}

{% macro not_yes_no(column) -%}
    {{ return((
        clean_text(column) ~ ' is not null and ' ~ read_yes_no(column) ~ ' is null',
        column ~ ' is not Y, N or empty',
    )) }}
{%- endmacro %}
