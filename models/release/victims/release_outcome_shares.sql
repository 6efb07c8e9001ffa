{{ config(alias='outcome_shares') }}
with

shares as (

    select * from {{ ref('outcome_shares') }}

),

areas as (

    select distinct crime_area from shares

),

outcome_groups as (

    select distinct outcome_group from shares

),

-- An area without a row of an outcome group would reveal that it has none.
every_share as (

    select
        areas.crime_area,
        outcome_groups.outcome_group,
        coalesce(shares.cases, 0) as cases,
        coalesce(shares.cases_key, 0) as cases_key
    from areas
    cross join outcome_groups
    left join shares
        on
            areas.crime_area = shares.crime_area
            and outcome_groups.outcome_group = shares.outcome_group

),

totals as (

    select
        crime_area,
        cast(sum(cases) as bigint) as cases,
        {{ cell_key('cases_key') }} as cases_key
    from shares
    group by crime_area

),

released as (

    select
        every_share.crime_area,
        every_share.outcome_group,
        {{ released('every_share.cases', 'every_share.cases_key') }} as cases,
        {{ released('totals.cases', 'totals.cases_key') }} as area_cases
    from every_share
    inner join totals
        on every_share.crime_area = totals.crime_area

),

final as (

    select
        crime_area,
        outcome_group,
        cases,
        {{ released_share('cases', 'area_cases') }} as share,
        {{ fewer_than_10(['cases']) }} as fewer_than_10
    from released

)

select * from final
