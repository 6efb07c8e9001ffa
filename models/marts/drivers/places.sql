-- Numbers for the places of the cases: they change as cases come and go, so the design,
-- a row per case, cannot hold them.
with

places as (

    select distinct
        borough,
        bcu as site
    from {{ ref('cases') }}

),

final as (

    select
        borough,
        site,
        cast(row_number() over (order by borough, site) as integer) as borough_no,
        cast(dense_rank() over (order by site) as integer) as site_no
    from places

)

select * from final
