-- A victim is rejected when the row cannot be read, when its crime report is not among
-- those of its delivery, or when its key is repeated.
with

victims as (

    select * from {{ ref('stg_victims') }}
    where {{ is_taken() }}

),

reports as (

    select * from {{ ref('int_crime_reports_delivered') }}
    where {{ is_taken() }}

),

repeated_keys as (

    select
        delivery,
        crime_ref,
        victim_no
    from victims
    where crime_ref is not null and victim_no is not null
    group by delivery, crime_ref, victim_no
    having count(*) > 1

),

final as (

    select
        victims.*,
        coalesce(reports.is_current, false) as is_current,
        case
            when victims.row_problem is not null then victims.row_problem
            when reports.crime_ref is null then 'crime_report_not_delivered'
            when repeated_keys.crime_ref is not null then 'key_repeated'
        end as rejection_reason
    from victims
    left join reports
        on
            victims.crime_ref = reports.crime_ref
            and victims.delivery = reports.delivery
    left join repeated_keys
        on
            victims.delivery = repeated_keys.delivery
            and victims.crime_ref = repeated_keys.crime_ref
            and victims.victim_no = repeated_keys.victim_no

)

select * from final
