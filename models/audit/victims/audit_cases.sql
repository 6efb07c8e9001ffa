-- One row per case of the combined dataset, with the values that its data-quality gaps
-- are about (seeds/data_quality_gaps.csv).
with

cases as (

    select * from {{ ref('cases') }}
    where {{ is_taken() }}

),

outcome_codes as (

    select * from {{ ref('outcome_codes') }}

),

offences as (

    select * from {{ ref('int_offences_classified') }}
    where {{ is_taken() }} and is_combined

),

victims as (

    select * from {{ ref('int_victims_grouped') }}
    where {{ is_taken() }}

),

suspects as (

    select * from {{ ref('int_suspects_grouped') }}
    where {{ is_taken() }}

),

-- A case counts by the highest of its areas.
harms as (

    select
        case_areas.crime_ref,
        max(crime_areas.harm) as harm
    from {{ ref('int_case_areas') }} as case_areas
    inner join {{ ref('crime_areas') }} as crime_areas
        on case_areas.crime_area = crime_areas.crime_area
    group by case_areas.crime_ref

),

-- Ages of the victim that an offence's name states.
stated_ages as (

    select
        classes.offence,
        max(offence_ages.min_age) as min_age,
        min(offence_ages.max_age) as max_age
    from {{ ref('int_offence_classes') }} as classes
    inner join {{ ref('offence_ages') }} as offence_ages
        on
            instr(
                {{ match_key('classes.offence') }},
                {{ match_key('offence_ages.text') }}
            ) > 0
    group by classes.offence

),

final as (

    select
        cases.delivery,
        cases.crime_ref,
        cases.record_key,
        cases.bcu,
        harms.harm,
        cases.crime_type,
        {{ match_key('cases.minor_crime') }} as minor_crime,
        cases.committed_on,
        cases.reported_on,
        cases.recorded_on,
        cases.investigation_completed_on,
        cases.outcome_on,
        cases.outcome_code,
        coalesce(outcome_codes.names_suspect, false) as outcome_names_suspect,
        cases.is_domestic_abuse,
        cases.is_domestic_incident_flagged,
        offences.is_hate_offence,
        offences.is_hate_strand_flagged,
        offences.recorded_borough,
        offences.recorded_venue_type,
        offences.recorded_report_route,
        cases.victim_sex,
        cases.victim_age_group,
        cases.victim_ethnicity,
        cases.victim_nationality,
        victims.recorded_sex as victim_recorded_sex,
        victims.recorded_age as victim_recorded_age,
        victims.recorded_ethnicity as victim_recorded_ethnicity,
        victims.recorded_self_defined_ethnicity
            as victim_recorded_self_defined_ethnicity,
        victims.recorded_nationality as victim_recorded_nationality,
        not victims.is_disability_unmatched as is_victim_disability_in_lookup,
        -- The age when it was committed, at the youngest: late years are taken off.
        case
            when stated_ages.offence is not null and cases.victim_age >= 1
                then
                    cast(greatest(
                        coalesce(stated_ages.min_age - cases.victim_age, 0),
                        coalesce(
                            cases.victim_age
                            - ceil(
                                greatest(coalesce(cases.days_to_report, 0), 0) / 365.25
                            )
                            - stated_ages.max_age,
                            0
                        ),
                        0
                    ) as integer)
        end as years_outside_stated_age,
        cases.is_suspect_recorded,
        cases.suspect_sex,
        cases.suspect_age_group,
        cases.suspect_ethnicity,
        cases.suspect_nationality,
        cases.suspect_relationship,
        cases.is_suspect_known_to_victim,
        suspects.is_relationship_domestic,
        not suspects.is_not_described as is_suspect_described,
        suspects.recorded_sex as suspect_recorded_sex,
        suspects.recorded_age as suspect_recorded_age,
        suspects.recorded_ethnicity as suspect_recorded_ethnicity,
        suspects.recorded_self_defined_ethnicity
            as suspect_recorded_self_defined_ethnicity,
        suspects.recorded_nationality as suspect_recorded_nationality,
        suspects.recorded_pnc_status as suspect_recorded_pnc_status,
        suspects.recorded_relationship as suspect_recorded_relationship
    from cases
    inner join offences
        on cases.crime_ref = offences.crime_ref
    inner join victims
        on cases.crime_ref = victims.crime_ref
    inner join harms
        on cases.crime_ref = harms.crime_ref
    left join outcome_codes
        on cases.outcome_code = outcome_codes.outcome_code
    left join suspects
        on cases.crime_ref = suspects.crime_ref
    left join stated_ages
        on cases.offence = stated_ages.offence

)

select * from final
