{%- set unmatched_suspect_fields = [
    'sex', 'ethnicity', 'nationality', 'pnc_status', 'relationship'
] -%}
-- noqa: disable=LT02
-- One column per data-quality gap of the combined dataset: true where the case has the
-- gap, false where it does not, null where the gap does not apply to it.
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
        cases.bcu,
        harms.harm,
        cases.victim_sex = 'Unknown' as victim_sex_unknown,
        cases.victim_age_group = 'Unknown' as victim_age_unknown,
        cases.victim_ethnicity = 'Unknown' as victim_ethnicity_unknown,
        victims.is_self_defined_ethnicity_missing
            as victim_self_defined_ethnicity_missing,
        cases.victim_nationality = 'Unknown' as victim_nationality_unknown,
        case
            when cases.is_suspect_recorded
                then cases.suspect_sex = 'Unknown'
        end as suspect_sex_missing,
        case
            when cases.is_suspect_recorded
                then cases.suspect_ethnicity = 'Unknown'
        end as suspect_ethnicity_missing,
        case
            when cases.is_suspect_recorded
                then suspects.is_self_defined_ethnicity_missing
        end as suspect_self_defined_ethnicity_missing,
        case
            when cases.is_suspect_recorded
                then cases.suspect_age_group = 'Unknown'
        end as suspect_age_unknown,
        case
            when cases.is_suspect_recorded
                then cases.suspect_nationality = 'Unknown'
        end as suspect_nationality_unknown,
        case
            when outcome_codes.names_suspect
                then cases.suspect_sex in ('Unknown', 'No suspect recorded')
        end as named_suspect_outcome_suspect_sex_unknown,
        case
            when not cases.is_suspect_recorded
                then coalesce(outcome_codes.names_suspect, false)
        end as suspectless_named_suspect_outcome,
        case
            when cases.outcome_code in ('01', '1A') then not cases.is_suspect_recorded
        end as charge_suspectless,
        case
            when cases.outcome_code in ('02', '2A', '03', '3A')
                then not cases.is_suspect_recorded
        end as caution_suspectless,
        case
            when cases.outcome_code = '15' then not cases.is_suspect_recorded
        end as outcome_15_suspectless,
        case
            when cases.outcome_code = '16' then not cases.is_suspect_recorded
        end as outcome_16_suspectless,
        case
            when cases.outcome_code = '14' and cases.is_suspect_recorded
                then cases.is_suspect_known_to_victim
        end as outcome_14_suspect_known,
        case
            when cases.outcome_code = '18' and cases.is_suspect_recorded
                then cases.is_suspect_known_to_victim
        end as outcome_18_suspect_known,
        case
            when cases.is_suspect_known_to_victim then suspects.is_not_described
        end as relationship_without_description,
        case
            when cases.is_domestic_incident_flagged
                then not suspects.is_relationship_domestic
        end as domestic_flag_other_relationship,
        case
            when cases.suspect_relationship = 'Current or ex-partner'
                then not cases.is_domestic_abuse
        end as partner_without_domestic_flag,
        case
            when cases.is_domestic_incident_flagged
                then
                    coalesce(
                        {{ match_key('cases.minor_crime') }}
                        = 'robbery of business property',
                        false
                    )
        end as domestic_flag_business_robbery,
        case
            when offences.is_hate_offence
                then not offences.is_hate_strand_flagged
        end as hate_offence_without_hate_flag,
        -- The age when it was committed, at the youngest: late years are taken off.
        case
            when stated_ages.offence is not null and cases.victim_age >= 1
                then
                    coalesce(
                        cases.victim_age < stated_ages.min_age
                        or cases.victim_age
                        - ceil(greatest(coalesce(cases.days_to_report, 0), 0) / 365.25)
                        > stated_ages.max_age,
                        false
                    )
        end as offence_states_another_age,
        cases.committed_on > cases.reported_on as committed_after_reported,
        cases.reported_on > cases.recorded_on as reported_after_recorded,
        cases.investigation_completed_on < cases.recorded_on
            as completed_before_recorded,
        cases.outcome_on < cases.reported_on as outcome_before_reported,
        cases.investigation_completed_on is null as completion_date_missing,
        cases.crime_type = 'Unknown' as crime_type_unknown,
        offences.is_borough_unmatched as borough_not_in_lookup,
        offences.is_venue_type_unmatched as venue_type_not_in_lookup,
        offences.is_report_route_unmatched as report_route_not_in_lookup,
        victims.is_age_out_of_range as victim_age_out_of_range,
        victims.is_sex_unmatched as victim_sex_not_in_lookup,
        victims.is_ethnicity_unmatched as victim_ethnicity_not_in_lookup,
        victims.is_nationality_unmatched as victim_nationality_not_in_lookup,
        victims.is_disability_unmatched as victim_disability_not_in_lookup,
        case
            when cases.is_suspect_recorded then suspects.is_age_out_of_range
        end as suspect_age_out_of_range,
        {% for field in unmatched_suspect_fields -%}
        case
            when cases.is_suspect_recorded then suspects.is_{{ field }}_unmatched
        end as suspect_{{ field }}_not_in_lookup{{ "," if not loop.last }}
        {% endfor %}
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
