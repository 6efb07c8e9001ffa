-- The crime reports with a listed gap, those of the greatest harm first, and where to
-- look. A delivered row has its own place. For a crime report the gap names extract and
-- field; the line is that of the report's row in that extract.
-- depends_on: {{ ref('data_quality_suites') }}
{%- set places = {'extract': 'string', 'line_no': 'bigint', 'field': 'string'} %}
{%- set judged = {} %}
{%- for table in ['audit_extract_rows', 'audit_crime_reports', 'audit_cases']
    if table in audit_tables() %}
{%- do judged.update({table: gap_flags(table, listed=true)}) %}
{%- endfor %}
-- noqa: disable=LT02
{% if 'audit_cases' in judged -%}
with

gaps as (

    select * from {{ ref('data_quality_gaps') }}

),

{% for table, flags in judged.items() -%}
{{ table }}_judged as (

    select
        crime_ref,
        bcu,
        delivery,
        {% if table == 'audit_extract_rows' -%}
        {{ places | join(', ') }},
        {% elif table == 'audit_cases' -%}
        harm,
        {% endif -%}
        {% for gap, flag in flags.items() -%}
        -- A row without the gap is not unpivoted: that leaves out null.
        nullif({{ flag }}, false) as {{ gap }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ ref(table) }}

),

{% endfor -%}
found as (

    {% for table, flags in judged.items() -%}
    select
        gap,
        crime_ref,
        bcu,
        delivery,
        {% for place, kind in places.items() -%}
        {{ place if table == 'audit_extract_rows'
            else 'cast(null as ' ~ kind ~ ') as ' ~ place }},
        {% endfor -%}
        {{ 'harm' if table == 'audit_cases' else 'cast(null as integer) as harm' }}
    from {{ table }}_judged
    unpivot (has_gap for gap in ({{ flags | join(', ') }}))
    where crime_ref is not null
    {{ "union all" if not loop.last }}

    {% endfor -%}
),

listed as (

    select distinct
        found.gap,
        found.crime_ref,
        coalesce(found.bcu, 'Unknown') as bcu,
        found.delivery,
        coalesce(found.extract, gaps.extract) as extract,
        found.line_no,
        coalesce(gaps.field, found.field) as field,
        found.harm
    from found
    inner join gaps
        on found.gap = gaps.gap

),

-- Several rows of a report may have the same gap.
each_once as (

    select distinct
        crime_ref,
        gap,
        delivery
    from listed

),

reports as (

    select
        crime_ref,
        cast(count(*) as integer) as gaps_of_report
    from each_once
    group by crime_ref

),

lines as (

    {% for extract, kept in [
        ('offences', "offence_role = 'Main'"),
        ('victims', 'set_aside_reason is null'),
        ('suspects', 'set_aside_reason is null'),
    ] -%}
    select
        '{{ extract }}' as extract,
        crime_ref,
        delivery,
        min(line_no) as line_no
    from {{ ref('int_' ~ extract ~ '_checked') }}
    where
        is_current
        and rejection_reason is null
        and {{ kept }}
        and crime_ref in (select crime_ref from reports)
    group by crime_ref, delivery
    {{ "union all" if not loop.last }}

    {% endfor -%}
),

final as (

    select
        listed.gap,
        listed.crime_ref,
        listed.bcu,
        listed.delivery,
        listed.extract,
        coalesce(listed.line_no, lines.line_no) as line_no,
        listed.field,
        listed.harm,
        reports.gaps_of_report,
        cast(dense_rank() over (
            order by
                coalesce(listed.harm, 0) desc,
                reports.gaps_of_report desc,
                listed.crime_ref asc
        ) as integer) as mend_rank
    from listed
    inner join reports
        on listed.crime_ref = reports.crime_ref
    left join lines
        on
            listed.line_no is null
            and listed.extract = lines.extract
            and listed.crime_ref = lines.crime_ref
            and listed.delivery = lines.delivery

)

select * from final
{%- else -%}
-- Other sources have no crime reports to list.
select
    {% for column in [
        'gap', 'crime_ref', 'bcu', 'delivery', 'extract', 'field'
    ] -%}
    cast(null as string) as {{ column }},
    {% endfor -%}
    cast(null as bigint) as line_no,
    cast(null as integer) as harm,
    cast(null as integer) as gaps_of_report,
    cast(null as integer) as mend_rank
where false
{%- endif %}
