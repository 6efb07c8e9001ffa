{%- set columns = ['delivery', 'file_name', 'sheet', 'line_no'] -%}
-- The ten inputs are read alike, one after the other.
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
        rejection_reason
    from {{ ref('int_national__' ~ input ~ '_checked') }}
    where rejection_reason is not null

),

{% endfor -%}

rejected as (

    {% for input in checked_national_inputs() -%}
    select * from {{ input }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

reasons as (

    select * from {{ ref('rejection_reasons') }}

),

final as (

    select
        rejected.extract,
        rejected.delivery,
        rejected.file_name,
        rejected.sheet,
        rejected.line_no,
        {{ rejection_words('rejected.rejection_reason', 'reasons') }} as reason
    from rejected
    left join reasons
        on split_part(rejected.rejection_reason, ' ', 1) = reasons.reason_code

    union all

    select * from malformed_rows

)

select * from final
