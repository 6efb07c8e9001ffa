-- The reporting areas of each case of the combined dataset.
{{ config(materialized='view') }}

with

cases as (

    select * from {{ ref('audit_cases') }}

),

areas as (

    select * from {{ ref('audit_crime_areas') }}

),

final as (

    select
        cases.crime_ref,
        areas.crime_area,
        areas.harm
    from cases
    inner join areas
        on (cases.area_bits & areas.area_bit) > 0

)

select * from final
