-- One row per delivered row of a national file and why it was rejected; the ten inputs
-- are read alike.
-- noqa: disable=LT02
with

delivered as (

    {% for input in checked_national_inputs() -%}
    select
        delivery,
        '{{ input }}' as extract,
        rejection_reason
    from {{ ref('int_national__' ~ input ~ '_checked') }}

    union all

    {% endfor -%}
    select
        delivery,
        extract,
        'row_malformed' as rejection_reason
    from {{ ref('stg_national__malformed_rows') }}

),

final as (

    select
        delivery,
        extract,
        rejection_reason
    from delivered

)

select * from final
