{#- 2010 to the middle of 2037: ten thousand days. -#}
with

digits as (

    {% for digit in range(10) -%}
    select {{ digit }} as digit
    {{ "union all" if not loop.last }}
    {% endfor %}
),

numbered as (

    select
        ones.digit
        + 10 * tens.digit
        + 100 * hundreds.digit
        + 1000 * thousands.digit as day_no
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands

),

final as (

    select {{ days_after("cast('2010-01-01' as date)", 'day_no') }} as day_on
    from numbered

)

select * from final
