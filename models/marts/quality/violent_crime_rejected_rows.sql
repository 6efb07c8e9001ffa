-- The six extracts are read alike, one after the other.
with

malformed_rows as (

    select
        delivery,
        extract,
        line_no,
        {{ likely_reference('crime_ref') }} as crime_ref,
        reason
    from {{ ref('stg_violent_crime__malformed_rows') }}

),

{% for extract in checked_violent_crime_extracts() -%}
{{ extract }} as (

    select
        delivery,
        '{{ extract }}' as extract,
        line_no,
        {{ 'cast(null as string)' if extract in ('incidents', 'gang_mentions')
            else 'crime_ref' }} as crime_ref,
        rejection_reason
    from {{ ref('int_violent_crime__' ~ extract ~ '_checked') }}
    where rejection_reason is not null

),

{% endfor -%}

rejected as (

    {% for extract in checked_violent_crime_extracts() -%}
    select * from {{ extract }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

reasons as (

    select * from {{ ref('rejection_reasons') }}

),

final as (

    select
        rejected.delivery,
        rejected.extract,
        rejected.line_no,
        rejected.crime_ref,
        {{ rejection_words('rejected.rejection_reason', 'reasons') }} as reason
    from rejected
    left join reasons
        on split_part(rejected.rejection_reason, ' ', 1) = reasons.reason_code

    union all

    select * from malformed_rows

)

select * from final
