{#- The first reason, in the order given, why a delivered row cannot be read; else null.
    Each check is (condition that is true for a bad row, its code in
    seeds/rejection_reasons.csv and the field). -#}
{% macro first_problem(checks) -%}
    case
        {%- for condition, reason in checks %}
        when {{ condition }} then '{{ reason }}'
        {%- endfor %}
    end
{%- endmacro %}

{% macro missing(column) -%}
    {{ return((clean_text(column) ~ ' is null', 'missing ' ~ column)) }}
{%- endmacro %}

{% macro not_a_date(column) -%}
    {{ return((
        clean_text(column) ~ ' is not null and ' ~ read_date(column) ~ ' is null',
        'not_a_date ' ~ column,
    )) }}
{%- endmacro %}

{% macro not_a_whole_number(column) -%}
    {{ return((
        clean_text(column) ~ ' is not null and ' ~ read_integer(column) ~ ' is null',
        'not_a_whole_number ' ~ column,
    )) }}
{%- endmacro %}

{% macro not_a_number_from_one(column) -%}
    {{ return((
        'coalesce(' ~ read_integer(column) ~ ', 0) < 1',
        'not_a_number_from_one ' ~ column,
    )) }}
{%- endmacro %}

{% macro not_yes_no(column) -%}
    {{ return((
        clean_text(column) ~ ' is not null and ' ~ read_yes_no(column) ~ ' is null',
        'not_yes_no ' ~ column,
    )) }}
{%- endmacro %}
