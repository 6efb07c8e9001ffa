-- A delivery is a full snapshot of the crimes it names: the latest one counts.
with

crimes as (

    select * from {{ ref('stg_violent_crime__crimes') }}

),

malformed_rows as (

    select * from {{ ref('stg_violent_crime__malformed_rows') }}
    where extract = 'crimes'

),

-- Rows name their crime whether they can be read or not.
named as (

    select
        crime_ref,
        delivery
    from crimes
    where crime_ref is not null

    union

    select
        crime_ref,
        delivery
    from malformed_rows
    where crime_ref is not null

),

final as (

    select
        crime_ref,
        delivery,
        delivery = max(delivery) over (partition by crime_ref) as is_current
    from named

)

select * from final
