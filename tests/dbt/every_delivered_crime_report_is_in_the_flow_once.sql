{{ config(meta={'dagster': {'ref': {'name': 'int_crime_reports'}}}) }}
-- Each crime report named by a delivery is combined or removed by exactly one step;
-- that none stands there twice is the test of its key.
with

delivered as (

    select crime_ref
    from {{ ref('stg_offences') }}
    where crime_ref is not null

),

crime_reports as (

    select crime_ref
    from {{ ref('int_crime_reports') }}
    where is_combined = (removal_step_no is null)

)

select distinct delivered.crime_ref
from delivered
left join crime_reports
    on delivered.crime_ref = crime_reports.crime_ref
where crime_reports.crime_ref is null
