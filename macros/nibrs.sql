{#- A date as the FBI has written it over the years: `2024-01-01`, `2016-01-01 00:00:00`
    or `01-APR-18`; else null. A two-digit year from 70 on is of the last century. -#}
{% macro read_nibrs_date(column) -%}
    case
        when {{ full_match(
            clean_text(column), '[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9:.]+)?'
        ) }}
            then try_cast(substr({{ clean_text(column) }}, 1, 10) as date)
        when {{ full_match(
            'upper(' ~ clean_text(column) ~ ')', '[0-9]{2}-[A-Z]{3}-[0-9]{2}'
        ) }}
            then try_cast(concat(
                case
                    when substr({{ clean_text(column) }}, 8, 2) >= '70' then '19'
                    else '20'
                end,
                substr({{ clean_text(column) }}, 8, 2),
                '-',
                {{ nibrs_month_number(clean_text(column)) }},
                '-',
                substr({{ clean_text(column) }}, 1, 2)
            ) as date)
    end
{%- endmacro %}

{% macro nibrs_month_number(column) -%}
    case upper(substr({{ column }}, 4, 3))
        {% for month in [
            'JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN',
            'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC',
        ] -%}
        when '{{ month }}' then '{{ "%02d" % loop.index }}'
        {% endfor -%}
    end
{%- endmacro %}

{% macro not_a_nibrs_date(column) -%}
    {{ clean_text(column) }} is not null and {{ read_nibrs_date(column) }} is null
{%- endmacro %}

{#- X (from 2021) and an empty field (before) both mean that sex was not requested. -#}
{% macro read_nibrs_sex(column) -%}
    case {{ clean_text(column) }}
        when 'M' then 'Male'
        when 'F' then 'Female'
        when 'U' then 'Unknown'
        when 'X' then cast(null as string)
        else {{ clean_text(column) }}
    end
{%- endmacro %}

{#- The age of a victim or offender; `person` is the raw row, `code` its age code and
    `lookup` the row of nibrs_ages for it. Where a range was reported the FBI fills
    age_num with its midpoint: kept while that is within five years of the truth. An
    upper end of 0 or 00 means that no range was reported. -#}
{% macro read_nibrs_age(person, lookup) -%}
    case
        when {{ lookup }}.age_code is not null
            then cast({{ lookup }}.age_at_report as integer)
        when
            coalesce({{ read_integer(person ~ '.age_range_high_num') }}, 0)
            - {{ read_integer(person ~ '.age_range_low_num') }}
            > {{ var('nibrs_widest_age_range', 10) }}
            then cast(null as integer)
        else {{ read_integer(person ~ '.age_num') }}
    end
{%- endmacro %}

{#- An age that no code explains and that is not a number. -#}
{% macro is_nibrs_age_unreadable(person, lookup) -%}
    {{ lookup }}.age_code is null
    and {{ clean_text(person ~ '.age_num') }} is not null
    and {{ read_integer(person ~ '.age_num') }} is null
{%- endmacro %}

{#- The lookup's value of a code (which may be null); the FBI's own name for a code
    that no lookup row knows, so that it shows as a category without a group. -#}
{% macro nibrs_lookup(lookup, key, column, name) -%}
    case
        when {{ lookup }}.{{ key }} is null then {{ clean_text(name) }}
        else {{ lookup }}.{{ column }}
    end
{%- endmacro %}
