-- One column per data-quality gap of the combined dataset: true where the case has the
-- gap, false where it does not, null where the gap does not apply to it.
with

cases as (

    select * from {{ ref('cases') }}

),

outcome_codes as (

    select * from {{ ref('outcome_codes') }}

),

offences as (

    select * from {{ ref('int_offences_classified') }}
    where is_combined

),

victims as (

    select * from {{ ref('int_victims_grouped') }}

),

suspects as (

    select * from {{ ref('int_suspects_grouped') }}

),

final as (

    select
        cases.delivery,
        cases.crime_ref,
        cases.bcu,
        cases.victim_sex = 'Unknown' as victim_sex_unknown,
        cases.victim_age_group = 'Unknown' as victim_age_unknown,
        cases.victim_ethnicity = 'Unknown' as victim_ethnicity_unknown,
        victims.is_self_defined_ethnicity_missing
            as victim_self_defined_ethnicity_missing,
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
            when outcome_codes.names_suspect
                then cases.suspect_sex in ('Unknown', 'No suspect recorded')
        end as named_suspect_outcome_suspect_sex_unknown,
        case
            when not cases.is_suspect_recorded
                then coalesce(outcome_codes.names_suspect, false)
        end as suspectless_named_suspect_outcome,
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
        victims.is_sex_unmatched
        or victims.is_ethnicity_unmatched
        or victims.is_nationality_unmatched
        or victims.is_disability_unmatched as victim_category_not_in_lookup,
        case
            when cases.is_suspect_recorded then suspects.is_age_out_of_range
        end as suspect_age_out_of_range,
        case
            when cases.is_suspect_recorded
                then
                    suspects.is_sex_unmatched
                    or suspects.is_ethnicity_unmatched
                    or suspects.is_nationality_unmatched
                    or suspects.is_pnc_status_unmatched
                    or suspects.is_relationship_unmatched
        end as suspect_category_not_in_lookup
    from cases
    inner join offences
        on cases.crime_ref = offences.crime_ref
    inner join victims
        on cases.crime_ref = victims.crime_ref
    left join outcome_codes
        on cases.outcome_code = outcome_codes.outcome_code
    left join suspects
        on cases.crime_ref = suspects.crime_ref

)

select * from final
