{#- Text in which a raw category is matched: lower case, stray spaces off. -#}
{% macro lower_text(column) -%}
    {{ match_key(clean_text(column)) }}
{%- endmacro %}

{#- The English name of the day of the week. -#}
{% macro weekday_name(column) -%}
    {{ return(adapter.dispatch('weekday_name')(column)) }}
{%- endmacro %}

{% macro duckdb__weekday_name(column) -%}
    dayname({{ column }})
{%- endmacro %}

{% macro spark__weekday_name(column) -%}
    date_format({{ column }}, 'EEEE')
{%- endmacro %}

{#- The financial year of a date, 1 April to 31 March: 2021/22. -#}
{% macro financial_year(column) -%}
    concat(
        cast(year({{ column }}) - case when month({{ column }}) < 4 then 1 else 0 end as string),
        '/',
        substr(
            cast(
                year({{ column }}) + case when month({{ column }}) < 4 then 0 else 1 end
                as string
            ),
            3,
            2
        )
    )
{%- endmacro %}

{#- The calendar month of a date: 2021-04. -#}
{% macro calendar_month(column) -%}
    substr(cast({{ column }} as string), 1, 7)
{%- endmacro %}

{#- The calendar quarter of a date: 2021 Q2. -#}
{% macro calendar_quarter(column) -%}
    concat(
        cast(year({{ column }}) as string), ' Q', cast(quarter({{ column }}) as string)
    )
{%- endmacro %}
