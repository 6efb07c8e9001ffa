with

{% for extract, model in checked_extracts() -%}
{{ model }} as (

    select
        delivery,
        '{{ extract }}' as extract,
        line_no,
        crime_ref,
        rejection_reason as reason
    from {{ ref(model) }}
    where rejection_reason is not null

),

{% endfor -%}

malformed_rows as (

    select
        delivery,
        extract,
        line_no,
        {{ likely_reference('crime_ref') }} as crime_ref,
        reason
    from {{ ref('stg_malformed_rows') }}

),

final as (

    {% for extract, model in checked_extracts() -%}
    select * from {{ model }}

    union all

    {% endfor -%}
    select * from malformed_rows

)

select * from final
