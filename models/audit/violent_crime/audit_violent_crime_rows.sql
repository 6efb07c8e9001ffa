-- One row per delivered row and why it was rejected; the six extracts are read alike.
-- noqa: disable=LT02
with

delivered as (

    {% for extract in checked_violent_crime_extracts() -%}
    select
        delivery,
        '{{ extract }}' as extract,
        rejection_reason
    from {{ ref('int_violent_crime__' ~ extract ~ '_checked') }}

    union all

    {% endfor -%}
    select
        delivery,
        extract,
        'row_malformed' as rejection_reason
    from {{ ref('stg_violent_crime__malformed_rows') }}

),

final as (

    select
        delivery,
        extract,
        rejection_reason
    from delivered

)

select * from final
