{{ config(meta={'dagster': {'ref': {'name': 'int_crime_reports'}}}) }}
-- Each crime report named by a delivery is combined or removed by exactly one step.
with

delivered as (

    select distinct crime_ref
    from {{ ref('stg_offences') }}
    where crime_ref is not null

),

crime_reports as (

    select * from {{ ref('int_crime_reports') }}

)

select
    delivered.crime_ref,
    count(crime_reports.crime_ref) as times_in_flow
from delivered
left join crime_reports
    on
        delivered.crime_ref = crime_reports.crime_ref
        and crime_reports.is_combined
        = (crime_reports.removal_step_no is null)
group by delivered.crime_ref
having count(crime_reports.crime_ref) != 1
