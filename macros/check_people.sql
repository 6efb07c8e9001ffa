{#- Victims and suspects are held to the same rules: a row is rejected when it cannot be
    read, its key is repeated, or its crime report is not in the delivery's offences. -#}
{% macro check_people(staged, key) -%}
with

people as (

    select * from {{ staged }}

),

crime_reports as (

    select * from {{ ref('int_crime_reports_delivered') }}

),

repeated_keys as (

    select
        delivery,
        crime_ref,
        {{ key }}
    from people
    where crime_ref is not null and {{ key }} is not null
    group by delivery, crime_ref, {{ key }}
    having count(*) > 1

),

final as (

    select
        people.*,
        coalesce(crime_reports.is_current, false) as is_current,
        case
            when people.row_problem is not null then people.row_problem
            when crime_reports.crime_ref is null
                then 'crime report is not in the offences of this delivery'
            when repeated_keys.crime_ref is not null then 'key is repeated'
        end as rejection_reason
    from people
    left join crime_reports
        on
            people.crime_ref = crime_reports.crime_ref
            and people.delivery = crime_reports.delivery
    left join repeated_keys
        on
            people.delivery = repeated_keys.delivery
            and people.crime_ref = repeated_keys.crime_ref
            and people.{{ key }} = repeated_keys.{{ key }}

)

select * from final
{%- endmacro %}
