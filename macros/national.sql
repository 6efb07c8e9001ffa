{#- The national inputs that are checked row by row, under the names of the contract. -#}
{% macro checked_national_inputs() -%}
    {{ return([
        'home_office_outcomes', 'domestic_abuse_outcomes', 'record_level_counts',
        'cps_suspects', 'thematic_counts', 'thematic_offences', 'audit_samples',
        'audit_answers', 'victim_surveys', 'review_requests',
    ]) }}
{%- endmacro %}

{#- A footnote at the end of a name or a count: [note 3], (2), superscripts, asterisks. -#}
{% macro without_footnotes(column) -%}
    {{ strip("regexp_replace(" ~ clean_text(column) ~ ", '" ~ footnotes() ~ "', '')") }}
{%- endmacro %}

{#- Spark interprets backslashes in every text, and Java's brackets nest. -#}
{% macro footnotes() -%}
    {{ return(adapter.dispatch('footnotes')()) }}
{%- endmacro %}

{% macro duckdb__footnotes() -%}
    {{ return(
        '( *(\\[[A-Za-z0-9 ,]+\\]|\\([0-9 ,]+\\)'
        ~ '|[\u00b9\u00b2\u00b3\u2070-\u2079*\u2020\u2021]+))+$'
    ) }}
{%- endmacro %}

{% macro spark__footnotes() -%}
    {{ return(duckdb__footnotes() | replace('\\', '\\\\')) }}
{%- endmacro %}

{#- Does a cell mark the count as not available? -#}
{% macro is_not_available(column) -%}
    coalesce(lower({{ clean_text(column) }}) in (
        {%- for mark in var('not_available') -%}
        '{{ mark }}'{{ ", " if not loop.last }}
        {%- endfor -%}
    ), true)
{%- endmacro %}

{#- A count as tables print it: thousands set apart, a footnote, a correction below 0. -#}
{% macro read_count(column) -%}
    {{ read_integer("replace(replace(" ~ without_footnotes(column)
        ~ ", ',', ''), '\u2212', '-')") }}
{%- endmacro %}

{% macro not_a_count(column) -%}
    {{ return((
        'not ' ~ is_not_available(column) ~ ' and ' ~ read_count(column) ~ ' is null',
        'not_a_whole_number ' ~ column,
    )) }}
{%- endmacro %}

{#- `2018/19`, `2018-19` and `2018/2019` are 2018/19; anything else is no financial year. -#}
{% macro read_financial_year(column) -%}
    {%- set text = without_footnotes(column) -%}
    {%- set next = "lpad(cast((cast(substr(" ~ text
        ~ ", 1, 4) as integer) + 1) % 100 as string), 2, '0')" -%}
    case
        when
            {{ full_match(text, '[0-9]{4} ?[-/\u2013] ?([0-9]{2}){1,2}') }}
            then case
                when
                    {{ next }} = substr({{ text }}, length({{ text }}) - 1)
                    then concat(substr({{ text }}, 1, 4), '/', {{ next }})
            end
    end
{%- endmacro %}

{#- 1 to 4, also as `Q1` or `Quarter 1`. -#}
{% macro read_quarter(column) -%}
    case
        when {{ full_match('lower(' ~ clean_text(column) ~ ')', '(q|quarter)? ?[1-4]') }}
            then cast(substr(
                {{ clean_text(column) }}, length({{ clean_text(column) }})
            ) as integer)
    end
{%- endmacro %}

{% macro unreadable(column, reading, code) -%}
    {{ return((
        clean_text(column) ~ ' is not null and ' ~ reading ~ ' is null',
        code ~ ' ' ~ column,
    )) }}
{%- endmacro %}

{#- A force's name; none ends in a number, so a number at its end is a footnote's. -#}
{% macro read_force_name(column) -%}
    {{ strip("regexp_replace(" ~ without_footnotes(column) ~ ", '[0-9, ]+$', '')") }}
{%- endmacro %}

{#- Bounds of the difference of two shares from each one's own Wilson interval (Newcombe
    1998, method 10); sign is '-' or '+'. Each share is a name: `<name>`, `<name>_low`
    and `<name>_high` are columns. -#}
{% macro newcombe_bound(first, second, sign) -%}
    {%- set near, far = ('low', 'high') if sign == '-' else ('high', 'low') -%}
    {{ first }} - {{ second }} {{ sign }} sqrt(
        power({{ first }} - {{ first }}_{{ near }}, 2)
        + power({{ second }}_{{ far }} - {{ second }}, 2)
    )
{%- endmacro %}

{#- First and last day of a financial year (`2018/19`). -#}
{% macro financial_year_from(column) -%}
    cast(concat(substr({{ column }}, 1, 4), '-04-01') as date)
{%- endmacro %}

{#- First day of a quarter; the fourth is in the next calendar year. -#}
{% macro financial_quarter_from(year, quarter) -%}
    cast(concat(
        cast(
            cast(substr({{ year }}, 1, 4) as integer)
            + case when {{ quarter }} = 4 then 1 else 0 end as string
        ),
        case {{ quarter }}
            when 1 then '-04-01' when 2 then '-07-01'
            when 3 then '-10-01' else '-01-01'
        end
    ) as date)
{%- endmacro %}

{% macro financial_year_to(column) -%}
    cast(concat(
        cast(cast(substr({{ column }}, 1, 4) as integer) + 1 as string), '-03-31'
    ) as date)
{%- endmacro %}

{#- Record key of a count that is delivered as such, of what identifies it. -#}
{% macro key_of_delivered_count(identified_by) -%}
    {{ record_key(
        "concat_ws('|', cast(" ~ identified_by | join(" as string), cast(")
        ~ " as string))"
    ) }}
{%- endmacro %}

{#- A share of a count; none where the count is too small for a rate. -#}
{% macro share_of_enough(part, whole) -%}
case
    when {{ whole }} >= {{ var('minimum_cases') }}
        then cast({{ part }} as double) / {{ whole }}
end
{%- endmacro %}

{#- Two CTEs: `rows` of each CPS area, of its region and of England and Wales (`places`);
    and of each of these by category, which overlap (`categories`). -#}
{% macro by_area_and_category(rows) -%}
places as (

    select
        *,
        'England and Wales' as area
    from {{ rows }}

    union all

    select
        *,
        region as area
    from {{ rows }}
    where region is not null

    union all

    select
        *,
        area_name as area
    from {{ rows }}

),

categories as (

    select
        *,
        'All crime' as crime_category
    from places

    union all

    select
        *,
        'Domestic abuse' as crime_category
    from places
    where is_domestic_abuse

    union all

    select
        *,
        category_name as crime_category
    from places

)
{%- endmacro %}

{#- Dimensions of the Victims' Code audits: name and the column of a sample. -#}
{% macro audit_sample_dimensions() -%}
    {{ return([
        ('all', "'all'"),
        ('gender', 'gender'),
        ('age_group', 'age_group'),
        ('ethnicity', 'ethnicity'),
        ('crime_kind', 'crime_kind'),
    ]) }}
{%- endmacro %}

{#- A year's change of a rate, from its 95% interval. -#}
{% macro direction_of_change() -%}
    case
        when change is null then null
        when not has_as_many_quarters then 'not as many quarters'
        when change_low > 0 then 'upwards'
        when change_high < 0 then 'downwards'
        else 'no change shown'
    end
{%- endmacro %}

{#- Place of a force among those compared: a quarter is high, a quarter low (HMIC 2016,
    annex A). -#}
{% macro position_among_forces() -%}
    case
        when rank_from_highest is null then null
        when rank_from_highest <= floor(forces_compared * {{ var('quartile') }}e0)
            then 'one of the highest'
        when rank_from_lowest <= floor(forces_compared * {{ var('quartile') }}e0)
            then 'one of the lowest'
        else 'broadly in line'
    end
{%- endmacro %}
