-- The study describes one of several victims. Ours: the identified victim with the
-- lowest number, since one who is not identified has no characteristics to study.
with

victims as (

    select * from {{ ref('int_violent_crime__victims_checked') }}
    where is_current and rejection_reason is null

),

age_bands as (

    select * from {{ ref('violent_crime_age_bands') }}
    where person = 'victim'

),

counts as (

    select
        crime_ref,
        cast(count(*) as integer) as victims,
        min(case when person_ref is not null then victim_no end)
            as described_victim_no,
        min(victim_no) as lowest_victim_no
    from victims
    group by crime_ref

),

final as (

    select
        victims.crime_ref,
        counts.victims,
        victims.victim_no,
        counts.described_victim_no is not null as is_identified,
        victims.person_ref,
        coalesce(
            case when victims.sex in ('F', 'M') then victims.sex end, 'X'
        ) as victim_sex,
        coalesce(age_bands.age_band, 'unknown') as victim_age_band,
        victims.sex,
        victims.age,
        victims.self_defined_ethnicity,
        victims.is_police_officer,
        victims.informed,
        victims.informed_method,
        victims.informed_on,
        victims.victim_code,
        victims.victim_support,
        victims.support_discussed
    from victims
    inner join counts
        on
            victims.crime_ref = counts.crime_ref
            and victims.victim_no
            = coalesce(counts.described_victim_no, counts.lowest_victim_no)
    left join age_bands
        on {{ is_in_violent_crime_age_band('victims.age', 'age_bands') }}

)

select * from final
