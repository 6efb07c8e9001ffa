{#- Text in which a raw category is matched: lower case, stray spaces off. -#}
{% macro lower_text(column) -%}
    {{ match_key(clean_text(column)) }}
{%- endmacro %}

{#- Rows that stand for themselves, each known by a key (national study). A row is
    rejected when it cannot be read, when its force or a value is in no list, when a rule is
    broken or when its key is repeated; a later delivery replaces rows of the same key.
    `lists`: column, lookup, its column, condition on the lookup's rows. `rules`: a
    condition that is true for a bad row, the reason. -#}
{% macro check_keyed_rows(staged, keys, lists=[], rules=[]) -%}
with

staged as (

    select
        rows_staged.*,
        force_names.force
    from {{ staged }} as rows_staged
    left join {{ ref('force_names') }} as force_names
        on
            {{ match_key('rows_staged.raw_force') }}
            = {{ match_key('force_names.raw_force') }}

),

{% for column, lookup, listed, condition in lists -%}
{{ column }}_list as (

    select distinct {{ match_key(listed) }} as listed
    from {{ lookup }}
    where {{ condition }}

),

{% endfor -%}
latest as (

    select
        {{ keys | join(', ') }},
        max(delivery) as latest_delivery
    from staged
    group by {{ keys | join(', ') }}

),

repeated_keys as (

    select
        delivery,
        {{ keys | join(', ') }}
    from staged
    group by delivery, {{ keys | join(', ') }}
    having count(*) > 1

),

final as (

    select
        staged.*,
        coalesce(staged.delivery = latest.latest_delivery, false) as is_current,
        case
            when staged.row_problem is not null then staged.row_problem
            when staged.raw_force is not null and staged.force is null
                then 'force is in no list of forces'
            {% for column, lookup, listed, condition in lists -%}
            when staged.{{ column }} is not null and {{ column }}_list.listed is null
                then '{{ column }} is not in the list'
            {% endfor -%}
            {% for condition, reason in rules -%}
            when {{ condition }} then '{{ reason }}'
            {% endfor -%}
            when repeated_keys.delivery is not null then 'key is repeated'
        end as rejection_reason
    from staged
    {% for column, lookup, listed, condition in lists -%}
    left join {{ column }}_list
        on {{ match_key('staged.' ~ column) }} = {{ column }}_list.listed
    {% endfor -%}
    left join latest
        on {% for key in keys -%}
        staged.{{ key }} = latest.{{ key }}{{ " and " if not loop.last }}
        {%- endfor %}
    left join repeated_keys
        on
            staged.delivery = repeated_keys.delivery
            {% for key in keys -%}
            and staged.{{ key }} = repeated_keys.{{ key }}
            {% endfor %}
)

select * from final
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
