with

cases as (

    select * from {{ ref('cases') }}

),

case_areas as (

    select * from {{ ref('int_case_areas') }}

),

counts as (

    select
        case_areas.crime_area,
        cases.outcome_group,
        count(*) as cases,
        {{ cell_key('cases.record_key') }} as cases_key
    from cases
    inner join case_areas
        on cases.crime_ref = case_areas.crime_ref
    group by case_areas.crime_area, cases.outcome_group

),

final as (

    select
        crime_area,
        outcome_group,
        cases,
        cases_key,
        cast(cases as double)
        / sum(cases) over (partition by crime_area) as share
    from counts

)

select * from final
