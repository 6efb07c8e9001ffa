-- Rejected: a row that cannot be read, whose crime is not among those of its delivery,
-- or whose key is repeated.
with

logs as (

    select * from {{ ref('stg_violent_crime__investigation_logs') }}

),

reports as (

    select * from {{ ref('int_violent_crime__crimes_delivered') }}

),

repeated_keys as (

    select
        delivery,
        crime_ref,
        log_no
    from logs
    where crime_ref is not null and log_no is not null
    group by delivery, crime_ref, log_no
    having count(*) > 1

),

final as (

    select
        logs.*,
        coalesce(reports.is_current, false) as is_current,
        case
            when logs.row_problem is not null then logs.row_problem
            when reports.crime_ref is null then 'crime_not_delivered'
            when repeated_keys.crime_ref is not null then 'key_repeated'
        end as rejection_reason
    from logs
    left join reports
        on
            logs.crime_ref = reports.crime_ref
            and logs.delivery = reports.delivery
    left join repeated_keys
        on
            logs.delivery = repeated_keys.delivery
            and logs.crime_ref = repeated_keys.crime_ref
            and logs.log_no = repeated_keys.log_no

)

select * from final
