-- A delivery is a full snapshot of the crime reports it names: the latest one counts.
with

offences as (

    select
        crime_ref,
        delivery
    from {{ ref('stg_offences') }}

    union all

    select
        crime_ref,
        delivery
    from {{ ref('stg_malformed_rows') }}
    where extract = 'offences'

),

final as (

    select
        crime_ref,
        max(delivery) as delivery
    from offences
    where crime_ref is not null
    group by crime_ref

)

select * from final
