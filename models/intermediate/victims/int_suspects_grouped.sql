-- Suspects of the crime reports in scope with the London study's key variables; a row
-- with every field unknown is still a recorded suspect.
with

crime_reports as (

    select * from {{ ref('int_crime_reports') }}
    where {{ is_taken() }} and is_in_scope

),

suspects as (

    select * from {{ ref('int_suspects_checked') }}
    where
        {{ is_taken() }}
        and is_current
        and rejection_reason is null
        and set_aside_reason is null

),

sexes as (

    select * from {{ ref('sexes') }}

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

pnc_statuses as (

    select * from {{ ref('pnc_statuses') }}

),

relationships as (

    select * from {{ ref('relationships') }}

),

kinds as (

    select * from {{ ref('int_disability_kinds') }}
    where field = 'disability'

),

final as (

    select
        suspects.crime_ref,
        suspects.suspect_no,
        coalesce(sexes.sex, 'Unknown') as suspect_sex,
        case
            when suspects.age_at_report between 0 and 120
                then suspects.age_at_report
        end as suspect_age,
        coalesce(age_bands.age_group, 'Unknown') as suspect_age_group,
        coalesce(age_bands.age_detail, 'Unknown') as suspect_age_detail,
        coalesce(ethnic_appearances.ethnicity, 'Unknown') as suspect_ethnicity,
        coalesce(self_defined_ethnicities.ethnicity, 'Unknown')
            as suspect_self_defined_ethnicity,
        coalesce(nationalities.nationality, 'Unknown') as suspect_nationality,
        coalesce(
            kinds.is_physical or kinds.is_mental_health or kinds.is_other, false
        ) as has_suspect_disability,
        coalesce(pnc_statuses.pnc_status, 'Unknown') as suspect_pnc_status,
        case
            when suspects.how_known is null then 'Not recorded (stranger)'
            else coalesce(relationships.relationship, 'Unknown')
        end as suspect_relationship,
        coalesce(relationships.is_known_to_victim, false)
            as is_suspect_known_to_victim,
        coalesce(suspects.arrested_on_scene, false) as is_suspect_arrested_on_scene,
        not coalesce(suspects.arrested_on_scene, false)
        and (
            coalesce(suspects.arrested, false)
            or coalesce(suspects.interviewed, false)
        ) as is_suspect_arrested_or_interviewed_later,
        relationships.is_domestic as is_relationship_domestic,
        coalesce(sexes.sex, 'Unknown') = 'Unknown'
        and suspects.age_at_report is null
        and coalesce(ethnic_appearances.ethnicity, 'Unknown') = 'Unknown'
        and suspects.nationality is null as is_not_described,
        {{ match_key('suspects.sex') }} as recorded_sex,
        suspects.age_at_report as recorded_age,
        {{ match_key('suspects.ethnic_appearance') }} as recorded_ethnicity,
        {{ ethnicity_code('suspects.self_defined_ethnicity') }}
            as recorded_self_defined_ethnicity,
        {{ match_key('suspects.nationality') }} as recorded_nationality,
        {{ match_key('suspects.pnc_status') }} as recorded_pnc_status,
        {{ match_key('suspects.how_known') }} as recorded_relationship
    from suspects
    inner join crime_reports
        on suspects.crime_ref = crime_reports.crime_ref
    left join sexes
        on {{ match_key('suspects.sex') }} = {{ match_key('sexes.raw_sex') }}
    left join age_bands
        on
            suspects.age_at_report >= age_bands.min_age
            and suspects.age_at_report <= age_bands.max_age
    left join ethnic_appearances
        on
            {{ match_key('suspects.ethnic_appearance') }}
            = {{ match_key('ethnic_appearances.raw_ethnic_appearance') }}
    left join self_defined_ethnicities
        on
            {{ ethnicity_code('suspects.self_defined_ethnicity') }}
            = lower(self_defined_ethnicities.ethnicity_code)
    left join nationalities
        on
            {{ match_key('suspects.nationality') }}
            = {{ match_key('nationalities.raw_nationality') }}
    left join pnc_statuses
        on
            {{ match_key('suspects.pnc_status') }}
            = {{ match_key('pnc_statuses.raw_pnc_status') }}
    left join relationships
        on
            {{ match_key('suspects.how_known') }}
            = {{ match_key('relationships.raw_how_known') }}
    left join kinds
        on suspects.disability = kinds.raw_text

)

select * from final
