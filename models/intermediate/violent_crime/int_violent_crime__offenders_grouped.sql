with

offenders as (

    select * from {{ ref('int_violent_crime__offenders_checked') }}
    where is_current and rejection_reason is null

),

gang_scores as (

    select * from {{ ref('int_violent_crime__gang_scores') }}

),

age_bands as (

    select * from {{ ref('violent_crime_age_bands') }}
    where person = 'offender'

),

grouped as (

    select
        offenders.crime_ref,
        cast(count(*) as integer) as offenders,
        cast(count(case when offenders.sex = 'M' then 1 end) as integer)
            as male_offenders,
        cast(count(case when offenders.sex = 'F' then 1 end) as integer)
            as female_offenders,
        -- An age outside 0-120 is unknown.
        avg(
            case when offenders.age between 0 and 120 then offenders.age end
        ) as mean_age,
        -- Ours: the report does not state how the scores of several are combined.
        coalesce(max(gang_scores.gang_score), 0e0) as offender_gang_score
    from offenders
    left join gang_scores
        on offenders.person_ref = gang_scores.person_ref
    group by offenders.crime_ref

),

final as (

    select
        grouped.crime_ref,
        grouped.offenders,
        grouped.male_offenders,
        grouped.female_offenders,
        coalesce(age_bands.age_band, 'unknown') as offender_age_band,
        grouped.offender_gang_score
    from grouped
    left join age_bands
        on {{ is_in_violent_crime_age_band('grouped.mean_age', 'age_bands') }}

)

select * from final
