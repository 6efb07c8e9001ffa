{{ config(meta={'dagster': {'ref': {'name': 'violent_crime_flow'}}}) }}
-- What the steps remove and what is in the mart add up to the crimes delivered.
with

counted as (

    select
        (
            select count(distinct crime_ref)
            from {{ ref('int_violent_crime__crimes_delivered') }}
        ) as delivered,
        (
            select coalesce(sum(crimes_removed), 0)
            from {{ ref('violent_crime_flow') }}
        ) as removed,
        (
            select coalesce(min(crimes_left), 0)
            from {{ ref('violent_crime_flow') }}
        ) as left_over,
        (select count(*) from {{ ref('violent_crimes') }}) as studied

)

select *
from counted
where delivered != removed + studied or left_over != studied
