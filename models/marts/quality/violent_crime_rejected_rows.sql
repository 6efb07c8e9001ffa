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
        rejection_reason as reason
    from {{ ref('int_violent_crime__' ~ extract ~ '_checked') }}
    where rejection_reason is not null

),

{% endfor -%}

final as (

    {% for extract in checked_violent_crime_extracts() -%}
    select * from {{ extract }}

    union all

    {% endfor -%}
    select * from malformed_rows

)

select * from final
