-- noqa: disable=LT02,LT09,PRS
-- Rows of each delivery by the groups of the watched fields, which audit_changes
-- compares.
-- depends_on: {{ ref('watched_fields') }}
with

{% for extract in ['offences', 'victims', 'suspects'] -%}
{{ extract }} as (

    select
        delivery
        {%- for row in seed_rows('watched_fields') if row.extract == extract %},
        {{ row.field if row.lookup
            else "case when " ~ row.field ~ " is not null then 'recorded' end" }}
            as {{ row.field }}
        {%- endfor %}
    from {{ ref('int_' ~ extract ~ '_checked') }}
    where rejection_reason is null

),

{% endfor -%}
counted as (

    {% for extract in ['offences', 'victims', 'suspects'] -%}
    {%- set fields = seed_rows('watched_fields')
        | selectattr('extract', 'equalto', extract)
        | map(attribute='field') | list -%}
    select
        delivery,
        '{{ extract }}' as extract,
        case
            {%- for field in fields %}
            when grouping({{ field }}) = 0 then '{{ field }}'
            {%- endfor %}
        end as field,
        coalesce(
            {%- for field in fields %}
            cast({{ field }} as string){{ "," if not loop.last }}
            {%- endfor %}, null
        ) as raw_value,
        count(*) as delivered_rows
    from {{ extract }}
    group by grouping sets (
        {%- for field in fields %}
        (delivery, {{ field }}){{ "," if not loop.last }}
        {%- endfor %}
    )
    {{ "union all" if not loop.last }}
    {% endfor %}
),

watched_fields as (

    select * from {{ ref('watched_fields') }}

),

lookups as (

    select * from {{ ref('int_lookups') }}

),

grouped as (

    select
        counted.delivery,
        counted.extract,
        counted.field,
        case
            when coalesce({{ match_key('counted.raw_value') }}, '') = '' then 'Missing'
            when watched_fields.lookup is null then 'Recorded'
            else coalesce(lookups.category, 'Not in lookup')
        end as category,
        counted.delivered_rows
    from counted
    inner join watched_fields
        on
            counted.extract = watched_fields.extract
            and counted.field = watched_fields.field
    left join lookups
        on
            watched_fields.lookup = lookups.lookup
            and {{ match_key('counted.raw_value') }} = lookups.raw_value

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
