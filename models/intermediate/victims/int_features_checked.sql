-- A row is rejected when it cannot be read or its crime report is not in the delivery's
-- offences; a repeated one is one feature, not an error.
with

features as (

    select * from {{ ref('stg_features') }}
    where {{ is_taken() }}

),

crime_reports as (

    select * from {{ ref('int_crime_reports_delivered') }}
    where {{ is_taken() }}

),

final as (

    select
        features.*,
        coalesce(crime_reports.is_current, false) as is_current,
        case
            when features.row_problem is not null then features.row_problem
            when crime_reports.crime_ref is null then 'crime_report_not_delivered'
        end as rejection_reason
    from features
    left join crime_reports
        on
            features.crime_ref = crime_reports.crime_ref
            and features.delivery = crime_reports.delivery

)

select * from final
