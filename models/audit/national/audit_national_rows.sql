-- One row per delivered row of a national file, and whether it was rejected; the ten
-- inputs are read alike.
-- noqa: disable=LT02
with

delivered as (

    {% for input in checked_national_inputs() -%}
    select
        delivery,
        '{{ input }}' as extract,
        rejection_reason is not null as national_rows_rejected
    from {{ ref('int_national__' ~ input ~ '_checked') }}

    union all

    {% endfor -%}
    select
        delivery,
        extract,
        true as national_rows_rejected
    from {{ ref('stg_national__malformed_rows') }}

),

final as (

    select
        delivery,
        extract,
        national_rows_rejected
    from delivered

)

select * from final
