-- Number of rows with each gap, and number it applies to: rows of extracts by extract,
-- reports by BCU, cases by crime area too. Each row of the seed is judged on its audit
-- model; schema quality computes all figures on gaps from these counts.
-- depends_on: {{ ref('data_quality_gaps') }}, {{ ref('data_quality_suites') }}
{%- set judged, counted = {}, [] %}
{%- for table in audit_tables() %}
{%- set columns, flags = column_types(table), gap_flags(table) %}
{%- set group = 'extract' if 'extract' in columns else 'bcu' if 'bcu' in columns %}
{%- do judged.update({table: flags}) %}
{%- do counted.append((table ~ '_judged', group, flags)) %}
{%- if table == 'audit_cases' %}
{%- do counted.append(('cases_by_area', 'crime_area', flags)) %}
{%- endif %}
{%- endfor %}
-- noqa: disable=LT02
with

{% for table, flags in judged.items() -%}
{% set columns = column_types(table) -%}
{{ table }}_judged as (

    select
        delivery,
        {#- Numbers with a fraction are written differently by the engines. -#}
        {%- set names = columns.items() | rejectattr(1, 'equalto', 'double')
            | map('first') | list %}
        {% if 'record_key' in columns -%}
        record_key
        {%- else -%}
        {{ record_key(
            'crime_ref' if 'crime_ref' in columns
            else "concat_ws(' ', " ~ names | join(', ') ~ ")"
        ) }} as record_key
        {%- endif %}
        {%- for key in ('crime_ref', 'extract', 'bcu') if key in columns %},
        {{ key }}
        {%- endfor %}
        {%- for gap, flag in flags.items() %},
        {{ flag }} as {{ gap }}
        {%- endfor %}
    from {{ ref(table) }}

),

{% endfor -%}

{% if 'audit_cases' in judged -%}
cases_by_area as (

    select
        audit_cases_judged.*,
        areas.crime_area
    from audit_cases_judged
    inner join {{ ref('int_case_areas') }} as areas
        on audit_cases_judged.crime_ref = areas.crime_ref

),

{% endif -%}

{% for table, group, flags in counted -%}
{{ table }}_counted as (

    select
        delivery,
        '{{ group or "all" }}' as dimension,
        {{ group or "'all'" }} as category
        {%- for gap in flags %},
        count({{ gap }}) as {{ gap }}_population,
        count(case when {{ gap }} then 1 end) as {{ gap }}_failing,
        {{ cell_key(condition=gap ~ ' is not null') }} as {{ gap }}_population_key,
        {{ cell_key(condition=gap) }} as {{ gap }}_failing_key
        {%- endfor %}
    from {{ table }}
    group by delivery{{ ", " ~ group if group }}

),

{% endfor -%}

counts as (

    {% for table, group, flags in counted -%}
    select
        delivery,
        dimension,
        category,
        gap,
        population,
        failing,
        population_key,
        failing_key
    from {{ table }}_counted
    unpivot (
        (population, failing, population_key, failing_key) for gap in (
            {%- for gap in flags %}
            (
                {{ gap }}_population, {{ gap }}_failing,
                {{ gap }}_population_key, {{ gap }}_failing_key
            ) as {{ gap }}
            {{- "," if not loop.last }}
            {%- endfor %}
        )
    )
    {{ "union all" if not loop.last }}

    {% endfor -%}
),

final as (

    select
        delivery,
        gap,
        dimension,
        category,
        population,
        failing,
        population_key,
        failing_key
    from counts

)

select * from final
