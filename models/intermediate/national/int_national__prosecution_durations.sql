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

{{ by_area_and_category('stages') }},

final as (

    select
        area,
        crime_category,
        stage,
        financial_year,
        days,
        record_key
    from categories

)

select * from final
