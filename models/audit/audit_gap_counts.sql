-- Number of rows with each gap, and number it applies to: rows of extracts by extract,
-- reports by BCU, cases by crime area too. Here the columns of the audit models become
-- rows; schema quality computes all figures on gaps from these counts.
{%- set counted = [] %}
{%- for table in audit_tables() %}
{%- set columns = column_types(table) %}
{%- set group = 'extract' if 'extract' in columns else 'bcu' if 'bcu' in columns %}
{%- do counted.append((table, group, gap_columns(table))) %}
{%- if table == 'audit_cases' %}
{%- do counted.append(('cases_by_area', 'crime_area', gap_columns(table))) %}
{%- endif %}
{%- endfor %}
-- noqa: disable=LT02
with

gaps as (

    {{ gaps_of_source() }}

),

{% for table in audit_tables() -%}
{{ table }} as (

    select * from {{ ref(table) }}

),

{% endfor -%}

{% if 'audit_cases' in audit_tables() -%}
cases_by_area as (

    select
        audit_cases.*,
        areas.crime_area
    from audit_cases
    inner join {{ ref('int_case_areas') }} as areas
        on audit_cases.crime_ref = areas.crime_ref

),

{% endif -%}

{% for table, group, columns in counted -%}
{{ table }}_counted as (

    select
        delivery,
        '{{ group or "all" }}' as dimension,
        {{ group or "'all'" }} as category
        {%- for gap, condition in columns.items() %},
        count({{ gap }}) as {{ gap }}_population,
        count(case when {{ condition }} then 1 end) as {{ gap }}_failing
        {%- endfor %}
    from {{ table }}
    group by delivery{{ ", " ~ group if group }}

),

{% endfor -%}

counts as (

    {% for table, group, columns in counted -%}
    select
        delivery,
        dimension,
        category,
        gap,
        population,
        failing
    from {{ table }}_counted
    unpivot (
        (population, failing) for gap in (
            {%- for gap in columns %}
            ({{ gap }}_population, {{ gap }}_failing) as {{ gap }}
            {{- "," if not loop.last }}
            {%- endfor %}
        )
    )
    {{ "union all" if not loop.last }}

    {% endfor -%}
),

final as (

    select
        counts.delivery,
        gaps.gap,
        counts.dimension,
        counts.category,
        counts.population,
        counts.failing
    from counts
    inner join gaps
        on counts.gap = gaps.gap

)

select * from final
