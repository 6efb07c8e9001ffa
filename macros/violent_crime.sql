{#- Text in which a raw category is matched: upper case, stray spaces off. -#}
{% macro upper_text(column) -%}
    upper({{ clean_text(column) }})
{%- endmacro %}

{#- Codes come padded: `01` is `1`; a lone `0` stays, to be found in no list. -#}
{% macro unpadded_code(column) -%}
    coalesce(
        nullif(trim(leading '0' from {{ upper_text(column) }}), ''),
        {{ upper_text(column) }}
    )
{%- endmacro %}

{#- A number, or null: `1e9`, `nan` and `1,5` are none on any engine. -#}
{% macro read_number(column) -%}
    case
        when {{ full_match(clean_text(column), '[+-]?[0-9]{1,9}([.][0-9]{1,9})?') }}
            then cast({{ clean_text(column) }} as double)
    end
{%- endmacro %}

{% macro not_a_number_from_zero(column) -%}
    {{ return((
        clean_text(column) ~ ' is not null and coalesce('
        ~ read_number(column) ~ ', -1) < 0',
        'not_a_number_from_zero ' ~ column,
    )) }}
{%- endmacro %}

{% macro not_a_whole_number_from_zero(column) -%}
    {{ return((
        clean_text(column) ~ ' is not null and coalesce('
        ~ read_integer(column) ~ ', -1) < 0',
        'not_a_whole_number_from_zero ' ~ column,
    )) }}
{%- endmacro %}

{#- The same day so many calendar months earlier, or the last day of a shorter month. -#}
{% macro months_before(column, months) -%}
    {{ return(adapter.dispatch('months_before')(column, months)) }}
{%- endmacro %}

{% macro duckdb__months_before(column, months) -%}
    cast({{ column }} - interval '{{ months }} months' as date)
{%- endmacro %}

{% macro spark__months_before(column, months) -%}
    add_months({{ column }}, -{{ months }})
{%- endmacro %}

{#- Is the pattern, itself a column, found anywhere in the text? -#}
{% macro finds_pattern(column, pattern) -%}
    {{ return(adapter.dispatch('finds_pattern')(column, pattern)) }}
{%- endmacro %}

{% macro duckdb__finds_pattern(column, pattern) -%}
    regexp_matches({{ column }}, {{ pattern }})
{%- endmacro %}

{% macro spark__finds_pattern(column, pattern) -%}
    {{ column }} rlike {{ pattern }}
{%- endmacro %}

{#- Windows of the victim histories, in calendar months (data dictionary: vic_lag). -#}
{% macro violent_crime_history_months() -%}
    {{ return([1, 3, 6, 9, 12, 24]) }}
{%- endmacro %}

{#- Is the age in the band of the seed? A mean age can be between whole years. -#}
{% macro is_in_violent_crime_age_band(age, band) -%}
    {{ age }} > {{ band }}.over_age and {{ age }} <= {{ band }}.up_to_age
{%- endmacro %}

{#- The six extracts, under the names of the input contract, and where each is checked. -#}
{% macro checked_violent_crime_extracts() -%}
    {{ return([
        'crimes', 'victims', 'offenders', 'incidents', 'investigation_logs',
        'gang_mentions',
    ]) }}
{%- endmacro %}
