-- Before charge, decisions to charge alone; after it, every finalisation (London study
-- p. Delays at the prosecution stage, notes 2 and 3).
with

stages as (

    select
        *,
        {{ financial_year('ended_on') }} as financial_year
    from {{ ref('int_national__prosecution_stages') }}
    where stage = 'post-charge' or not is_stopped

),

places as (

    select
        *,
        'England and Wales' as area
    from stages

    union all

    select
        *,
        region as area
    from stages
    where region is not null

    union all

    select
        *,
        area_name as area
    from stages

),

categories as (

    select
        *,
        'All crime' as crime_category
    from places

    union all

    select
        *,
        'Domestic abuse' as crime_category
    from places
    where is_domestic_abuse

    union all

    select
        *,
        category_name as crime_category
    from places

),

final as (

    select
        area,
        crime_category,
        stage,
        financial_year,
        days
    from categories

)

select * from final
