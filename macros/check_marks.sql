{#- Flags and features: a row is rejected when it cannot be read or its crime report is
    not in the delivery's offences; a repeated one is one mark, not an error. -#}
{% macro check_marks(staged) -%}
with

marks as (

    select * from {{ staged }}

),

crime_reports as (

    select * from {{ ref('int_crime_reports_delivered') }}

),

named_crime_reports as (

    {{ named_crime_reports() }}

),

final as (

    select
        marks.*,
        crime_reports.crime_ref is not null as is_current,
        case
            when marks.row_problem is not null then marks.row_problem
            when named_crime_reports.crime_ref is null
                then 'crime report is not in the offences of this delivery'
        end as rejection_reason
    from marks
    left join crime_reports
        on
            marks.crime_ref = crime_reports.crime_ref
            and marks.delivery = crime_reports.delivery
    left join named_crime_reports
        on
            marks.delivery = named_crime_reports.delivery
            and marks.crime_ref = named_crime_reports.crime_ref

)

select * from final
{%- endmacro %}
