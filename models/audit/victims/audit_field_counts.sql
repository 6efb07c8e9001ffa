-- noqa: disable=LT02,PRS
-- Rows of each delivery by the groups of the watched fields, in one pass over each
-- extract: what audit_changes compares.
{%- set models = {} %}
{%- for extract, model in checked_extracts() %}
{%- do models.update({extract: model}) %}
{%- endfor %}
with

{% for extract in ['offences', 'victims', 'suspects'] -%}
{%- set fields = [] %}
{%- for of, field, lookup, raw, grouped in watched_fields() if of == extract %}
{%- do fields.append(field) %}
{%- endfor %}
{%- for of, field in watched_for_missing() if of == extract %}
{%- do fields.append(field) %}
{%- endfor -%}
{{ extract }} as (

    select
        {% for of, field, lookup, raw, grouped in watched_fields() if of == extract -%}
        coalesce({{ match_key(field) }}, '') as {{ field }},
        {% endfor -%}
        {% for of, field in watched_for_missing() if of == extract -%}
        case when {{ field }} is null then '' else 'recorded' end as {{ field }},
        {% endfor -%}
        delivery
    from {{ ref(models[extract]) }}
    where rejection_reason is null

),

{{ extract }}_counted as (

    select
        delivery,
        '{{ extract }}' as extract,
        case
            {% for field in fields -%}
            when grouping({{ field }}) = 0 then '{{ field }}'
            {% endfor %}
        end as field,
        coalesce({{ fields | join(', ') }}) as raw_value,
        cast(count(*) as bigint) as delivered_rows
    from {{ extract }}
    group by grouping sets (
        {% for field in fields -%}
        (delivery, {{ field }}){{ "," if not loop.last }}
        {% endfor %}
    )

),

{% endfor -%}

counted as (

    select * from offences_counted

    union all

    select * from victims_counted

    union all

    select * from suspects_counted

),

lookups as (

    {% for extract, field, lookup, raw, grouped in watched_fields() -%}
    select
        '{{ extract }}' as extract,
        '{{ field }}' as field,
        {{ match_key(raw) }} as raw_value,
        {{ grouped }} as category
    from {{ ref(lookup) }}

    union all

    {% endfor -%}
    {% for extract, field in watched_for_missing() -%}
    select
        '{{ extract }}' as extract,
        '{{ field }}' as field,
        'recorded' as raw_value,
        'Recorded' as category
    {{ "union all" if not loop.last }}

    {% endfor %}
),

grouped as (

    select
        counted.delivery,
        counted.extract,
        counted.field,
        case
            when counted.raw_value = '' then 'Missing'
            else coalesce(lookups.category, 'Not in lookup')
        end as category,
        counted.delivered_rows
    from counted
    left join lookups
        on
            counted.extract = lookups.extract
            and counted.field = lookups.field
            and counted.raw_value = lookups.raw_value

    union all

    select
        delivery,
        extract,
        'rows' as field,
        'All rows' as category,
        delivered_rows
    from {{ source('raw', 'deliveries') }}
    where extract in ('offences', 'victims', 'suspects', 'flags')

),

final as (

    select
        delivery,
        extract,
        field,
        category,
        cast(sum(delivered_rows) as bigint) as delivered_rows
    from grouped
    group by delivery, extract, field, category

)

select * from final
