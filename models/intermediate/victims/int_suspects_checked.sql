-- A suspect is rejected when the row cannot be read, when its crime report is not among
-- those of its delivery, or when its key is repeated.
with

suspects as (

    select * from {{ ref('stg_suspects') }}
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
        suspect_no
    from suspects
    where crime_ref is not null and suspect_no is not null
    group by delivery, crime_ref, suspect_no
    having count(*) > 1

),

final as (

    select
        suspects.*,
        coalesce(reports.is_current, false) as is_current,
        case
            when suspects.row_problem is not null then suspects.row_problem
            when reports.crime_ref is null then 'crime_report_not_delivered'
            when repeated_keys.crime_ref is not null then 'key_repeated'
        end as rejection_reason
    from suspects
    left join reports
        on
            suspects.crime_ref = reports.crime_ref
            and suspects.delivery = reports.delivery
    left join repeated_keys
        on
            suspects.delivery = repeated_keys.delivery
            and suspects.crime_ref = repeated_keys.crime_ref
            and suspects.suspect_no = repeated_keys.suspect_no

)

select * from final
