-- A row is rejected when it cannot be read or its crime report is not in the delivery's
-- offences; a repeated one is one flag, not an error.
with

flags as (

    select * from {{ ref('stg_flags') }}
    where {{ is_taken() }}

),

crime_reports as (

    select * from {{ ref('int_crime_reports_delivered') }}
    where {{ is_taken() }}

),

final as (

    select
        flags.*,
        coalesce(crime_reports.is_current, false) as is_current,
        case
            when flags.row_problem is not null then flags.row_problem
            when crime_reports.crime_ref is null then 'crime_report_not_delivered'
        end as rejection_reason
    from flags
    left join crime_reports
        on
            flags.crime_ref = crime_reports.crime_ref
            and flags.delivery = crime_reports.delivery

)

select * from final
