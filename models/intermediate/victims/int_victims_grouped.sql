-- Victims of the crime reports in scope with the London study's key variables; a raw
-- value no lookup knows is Unknown; the recorded_ columns keep it for the audit.
with

crime_reports as (

    select * from {{ ref('int_crime_reports') }}
    where {{ is_taken() }} and is_in_scope

),

victims as (

    select * from {{ ref('int_victims_checked') }}
    where
        {{ is_taken() }}
        and is_current
        and rejection_reason is null
        and set_aside_reason is null

),

sexes as (

    select * from {{ ref('sexes') }}

),

genders as (

    select * from {{ ref('genders') }}

),

age_bands as (

    select * from {{ ref('age_bands') }}

),

ethnic_appearances as (

    select * from {{ ref('ethnic_appearances') }}

),

self_defined_ethnicities as (

    select * from {{ ref('self_defined_ethnicities') }}

),

nationalities as (

    select * from {{ ref('nationalities') }}

),

injury_degrees as (

    select * from {{ ref('injury_degrees') }}

),

kinds as (

    select * from {{ ref('int_disability_kinds') }}

),

final as (

    select
        victims.crime_ref,
        victims.victim_no,
        coalesce(sexes.sex, 'Unknown') as victim_sex,
        coalesce(genders.is_transgender_or_non_binary, false)
            as is_victim_transgender_or_non_binary,
        case
            when victims.age_at_report between 0 and 120
                then victims.age_at_report
        end as victim_age,
        coalesce(age_bands.age_group, 'Unknown') as victim_age_group,
        coalesce(age_bands.age_detail, 'Unknown') as victim_age_detail,
        coalesce(ethnic_appearances.ethnicity, 'Unknown') as victim_ethnicity,
        coalesce(self_defined_ethnicities.ethnicity, 'Unknown')
            as victim_self_defined_ethnicity,
        coalesce(nationalities.nationality, 'Unknown') as victim_nationality,
        coalesce(disability_kinds.is_physical, false)
        or coalesce(vulnerability_kinds.is_physical, false)
            as has_victim_physical_disability,
        coalesce(disability_kinds.is_mental_health, false)
        or coalesce(vulnerability_kinds.is_mental_health, false)
            as has_victim_mental_health_disability,
        coalesce(disability_kinds.is_other, false) as has_victim_other_disability,
        coalesce(vulnerability_kinds.is_intimidated, false) as is_victim_intimidated,
        coalesce(victims.reported_cr_last_12_months, false)
        or coalesce(victims.cris_repeat_victim, false)
        or coalesce(victims.repeat_victim, false) as is_repeat_victim,
        coalesce(injury_degrees.injury_degree, 'Unknown') as victim_injury_degree,
        coalesce(injury_degrees.is_injured, false) as is_victim_injured,
        {{ match_key('victims.sex') }} as recorded_sex,
        victims.age_at_report as recorded_age,
        {{ match_key('victims.ethnic_appearance') }} as recorded_ethnicity,
        {{ ethnicity_code('victims.self_defined_ethnicity') }}
            as recorded_self_defined_ethnicity,
        {{ match_key('victims.nationality') }} as recorded_nationality,
        coalesce(disability_kinds.has_unmatched_value, false)
        or coalesce(vulnerability_kinds.has_unmatched_value, false)
            as is_disability_unmatched
    from victims
    inner join crime_reports
        on victims.crime_ref = crime_reports.crime_ref
    left join sexes
        on {{ match_key('victims.sex') }} = {{ match_key('sexes.raw_sex') }}
    left join genders
        on {{ match_key('victims.gender') }} = {{ match_key('genders.raw_gender') }}
    left join age_bands
        on
            victims.age_at_report >= age_bands.min_age
            and victims.age_at_report <= age_bands.max_age
    left join ethnic_appearances
        on
            {{ match_key('victims.ethnic_appearance') }}
            = {{ match_key('ethnic_appearances.raw_ethnic_appearance') }}
    left join self_defined_ethnicities
        on
            {{ ethnicity_code('victims.self_defined_ethnicity') }}
            = lower(self_defined_ethnicities.ethnicity_code)
    left join nationalities
        on
            {{ match_key('victims.nationality') }}
            = {{ match_key('nationalities.raw_nationality') }}
    left join injury_degrees
        on
            {{ match_key('victims.injury_degree') }}
            = {{ match_key('injury_degrees.raw_injury_degree') }}
    left join kinds as disability_kinds
        on
            disability_kinds.field = 'disability'
            and victims.disability = disability_kinds.raw_text
    left join kinds as vulnerability_kinds
        on
            vulnerability_kinds.field = 'vulnerability'
            and victims.vulnerability = vulnerability_kinds.raw_text

)

select * from final
