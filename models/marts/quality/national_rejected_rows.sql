{%- set columns = ['delivery', 'file_name', 'sheet', 'line_no'] -%}
with

malformed_rows as (

    select
        extract,
        {% for column in columns -%}
        {{ column }},
        {% endfor -%}
        reason
    from {{ ref('stg_national__malformed_rows') }}

),

{% for input in checked_national_inputs() -%}
{{ input }} as (

    select
        '{{ input }}' as extract,
        {% for column in columns -%}
        {{ column }},
        {% endfor -%}
        rejection_reason as reason
    from {{ ref('int_national__' ~ input ~ '_checked') }}
    where rejection_reason is not null

),

{% endfor -%}

final as (

    {% for input in checked_national_inputs() -%}
    select * from {{ input }}

    union all

    {% endfor -%}
    select * from malformed_rows

)

select * from final
