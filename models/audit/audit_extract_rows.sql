-- noqa: disable=LT02
-- One row per delivered row of the five extracts: was it rejected? One column per
-- extract, null for rows of the others.
with

{% for extract, model in checked_extracts() -%}
{{ extract }} as (

    select
        delivery,
        crime_ref,
        '{{ extract }}' as extract,
        rejection_reason is not null as is_rejected
    from {{ ref(model) }}

),

{% endfor -%}

malformed_rows as (

    select
        delivery,
        crime_ref,
        extract,
        true as is_rejected
    from {{ ref('stg_malformed_rows') }}

),

delivered_rows as (

    {% for extract, model in checked_extracts() -%}
    select * from {{ extract }}

    union all

    {% endfor -%}
    select * from malformed_rows

),

final as (

    select
        delivery,
        crime_ref,
        {% for extract, model in checked_extracts() -%}
        case when extract = '{{ extract }}' then is_rejected end
            as {{ extract }}_rejected{{ "," if not loop.last }}
        {% endfor %}
    from delivered_rows

)

select * from final
