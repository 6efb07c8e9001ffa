{#- Flags and features: a row is rejected when it cannot be read or its crime report is
    not in the delivery's offences; a repeated one is one mark, not an error. -#}
{% macro check_marks(staged) -%}
with

marks as (

    select * from {{ staged }}
    where {{ is_taken() }}

),

crime_reports as (

    select * from {{ ref('int_crime_reports_delivered') }}
    where {{ is_taken() }}

),

final as (

    select
        marks.*,
        coalesce(crime_reports.is_current, false) as is_current,
        case
            when marks.row_problem is not null then marks.row_problem
            when crime_reports.crime_ref is null
                then 'crime report is not in the offences of this delivery'
        end as rejection_reason
    from marks
    left join crime_reports
        on
            marks.crime_ref = crime_reports.crime_ref
            and marks.delivery = crime_reports.delivery

)

select * from final
{%- endmacro %}
