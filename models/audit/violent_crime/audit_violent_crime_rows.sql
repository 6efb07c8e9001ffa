-- One row per delivered row: true where it was rejected, null in the other extracts.
{%- set columns = {
    'crimes': 'crime_rows_rejected',
    'victims': 'victim_rows_rejected',
    'offenders': 'offender_rows_rejected',
    'incidents': 'incident_rows_rejected',
    'investigation_logs': 'log_rows_rejected',
    'gang_mentions': 'mention_rows_rejected',
} %}
-- noqa: disable=LT02
with

delivered as (

    {% for extract in columns -%}
    select
        delivery,
        '{{ extract }}' as extract,
        rejection_reason is not null as is_rejected
    from {{ ref('int_violent_crime__' ~ extract ~ '_checked') }}

    union all

    {% endfor -%}
    select
        delivery,
        extract,
        true as is_rejected
    from {{ ref('stg_violent_crime__malformed_rows') }}

),

final as (

    select
        delivery,
        extract,
        {% for extract, column in columns.items() -%}
        case when extract = '{{ extract }}' then is_rejected end as {{ column }}
        {{- "," if not loop.last }}
        {% endfor %}
    from delivered

)

select * from final
