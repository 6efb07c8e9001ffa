{#- Text as delivered: stray spaces off, empty is missing. -#}
{% macro clean_text(column) -%}
    nullif({{ strip(column) }}, '')
{%- endmacro %}

{#- Spaces of every kind off both ends: DuckDB's trim knows all of Unicode's space
    separators, Spark's only the common one. -#}
{% macro strip(column) -%}
    {{ return(adapter.dispatch('strip')(column)) }}
{%- endmacro %}

{% macro duckdb__strip(column) -%}
    trim({{ column }})
{%- endmacro %}

{% macro spark__strip(column) -%}
    trim(
        both
        ' \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009'
        '\u200a\u202f\u205f\u3000'
        from {{ column }}
    )
{%- endmacro %}

{#- The form in which raw categories are matched everywhere: ignores case and stray spaces. -#}
{% macro match_key(column) -%}
    lower({{ collapse_spaces(column) }})
{%- endmacro %}

{% macro collapse_spaces(column) -%}
    {{ return(adapter.dispatch('collapse_spaces')(column)) }}
{%- endmacro %}

{#- DuckDB replaces only the first match without 'g'; the pattern costs far more than
    looking whether there is anything to replace. -#}
{% macro duckdb__collapse_spaces(column) -%}
    case
        when contains({{ column }}, '  ') or contains({{ column }}, chr(9))
            or contains({{ column }}, chr(10)) or contains({{ column }}, chr(13))
            then trim(regexp_replace({{ column }}, '\s+', ' ', 'g'))
        else trim({{ column }}) end
{%- endmacro %}

{% macro spark__collapse_spaces(column) -%}
    case
        when {{ column }} rlike '  |[\t\n\r]'
            then {{ strip("regexp_replace(" ~ column ~ ", '[\\t\\n\\f\\r ]+', ' ')") }}
        else {{ strip(column) }}
    end
{%- endmacro %}

{#- Does the whole text match the pattern? DuckDB and Spark name it differently. -#}
{% macro full_match(column, pattern) -%}
    {{ return(adapter.dispatch('full_match')(column, pattern)) }}
{%- endmacro %}

{% macro duckdb__full_match(column, pattern) -%}
    regexp_full_match({{ column }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__full_match(column, pattern) -%}
    {{ column }} rlike '^(?:{{ pattern }})\\z'
{%- endmacro %}

{#- An ISO date, or null: 31/02/2021 and 2021-02-31 are both unreadable. -#}
{% macro read_date(column) -%}
    case
        when {{ clean_text(column) }} like '____-__-__'
            then try_cast({{ clean_text(column) }} as date)
    end
{%- endmacro %}

{#- A whole number, or null: DuckDB alone would round '12.5'. -#}
{% macro read_integer(column) -%}
    case
        when {{ full_match(clean_text(column), '[+-]?[0-9]{1,9}') }}
            then cast({{ clean_text(column) }} as integer)
    end
{%- endmacro %}

{#- Y or N in any case, or null. -#}
{% macro read_yes_no(column) -%}
    case upper({{ clean_text(column) }}) when 'Y' then true when 'N' then false end
{%- endmacro %}

{#- The reference in a row that could not be split: a digit, no space. Anything else may be
    a piece of text that was broken over lines. -#}
{% macro likely_reference(column) -%}
    case when {{ full_match(column, '[^ ]*[0-9][^ ]*') }} then {{ column }} end
{%- endmacro %}

{#- Outcome codes come unpadded or in lower case: `2`, `2a`, `02A` become `02`, `2A`, `2A`. -#}
{% macro normalise_outcome_code(column) -%}
    {%- set unpadded = "trim(leading '0' from upper(" ~ clean_text(column) ~ "))" -%}
    case
        when {{ full_match(unpadded, '[0-9]') }} then concat('0', {{ unpadded }})
        else nullif({{ unpadded }}, '')
    end
{%- endmacro %}

{#- Whole days from one date to another; the two engines order the arguments differently. -#}
{% macro days_between(start, end) -%}
    {{ return(adapter.dispatch('days_between')(start, end)) }}
{%- endmacro %}

{% macro duckdb__days_between(start, end) -%}
    cast({{ end }} - {{ start }} as integer)
{%- endmacro %}

{% macro spark__days_between(start, end) -%}
    datediff({{ end }}, {{ start }})
{%- endmacro %}

{% macro strip_around_semicolons(column) -%}
    {{ return(adapter.dispatch('strip_around_semicolons')(column)) }}
{%- endmacro %}

{% macro duckdb__strip_around_semicolons(column) -%}
    regexp_replace({{ column }}, '\s*;\s*', ';', 'g')
{%- endmacro %}

{% macro spark__strip_around_semicolons(column) -%}
    regexp_replace({{ column }}, '[\t\n\f\r ]*;[\t\n\f\r ]*', ';')
{%- endmacro %}

{#- `W1 - White British` is matched by its 16+1 code. -#}
{% macro ethnicity_code(column) -%}
    lower({{ strip("split_part(" ~ column ~ ", '-', 1)") }})
{%- endmacro %}
