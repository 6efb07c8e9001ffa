-- The reporting areas: the bit that stands for each in audit_cases, and what it is
-- worth to mend a crime report of it first.
with

areas as (

    {{ numbered_areas() }}

),

crime_harm as (

    select * from {{ ref('crime_harm') }}

),

final as (

    select
        cast(areas.area_bit as integer) as area_bit,
        areas.crime_area,
        coalesce(crime_harm.harm, 0) as harm
    from areas
    left join crime_harm
        on areas.crime_area = crime_harm.crime_area

)

select * from final
