-- Offences of the crime reports in scope, with every grouping of the London study that
-- does not depend on who the victim or the suspect is.
with

crime_reports as (

    select * from {{ ref('int_crime_reports') }}
    where {{ is_taken() }} and is_in_scope

),

offences as (

    select * from {{ ref('int_offences_checked') }}
    where {{ is_taken() }} and is_current and rejection_reason is null

),

offence_classes as (

    select * from {{ ref('int_offence_classes') }}

),

-- The criteria of the crime areas (seeds/crime_area_rules.csv), a column each.
criteria as (

    select
        offence_class,
        max(crime_area = 'Domestic abuse' and criterion = 'includes')
            as is_domestic_abuse_offence,
        max(crime_area = 'Adult sexual offences' and criterion = 'includes')
            as is_sexual_offence,
        max(crime_area = 'Adult rape offences' and criterion = 'includes')
            as is_rape_offence,
        max(crime_area = 'Child sexual abuse' and criterion = 'includes')
            as is_child_sexual_offence_by_age,
        max(
            crime_area = 'Child sexual abuse'
            and criterion = 'includes at any victim age'
        ) as is_indecent_image_offence,
        max(crime_area = 'Child sexual abuse' and criterion = 'states a child victim')
            as states_child_victim,
        max(crime_area = 'Stalking' and criterion = 'includes') as is_stalking_offence,
        max(crime_area = 'Hate crime' and criterion = 'includes') as is_hate_offence,
        max(crime_area = 'Serious youth violence' and criterion = 'includes')
            as is_serious_youth_violence_offence,
        max(crime_area = 'Serious youth violence' and criterion = 'excludes')
            as is_against_officer,
        max(crime_area = 'Honour based violence' and criterion = 'includes')
            as is_honour_based_offence
    from {{ ref('int_offence_class_areas') }}
    group by offence_class

),

-- Flags (seeds/flags.csv), a column each; then the areas that any flag establishes.
marks as (

    select
        crime_ref,
        max(flag = 'Domestic incident') as is_domestic_incident_flagged,
        max(flag = 'Honour based violence') as is_honour_based_violence_flagged,
        max(flag = 'Modern slavery') as is_modern_slavery_flagged,
        max(flag = 'Knife crime') as is_knife_crime_flagged,
        max(flag = 'Racial incident') as is_racial_incident_flagged,
        max(flag = 'Transgender hate crime') as is_transgender_hate_crime_flagged,
        max(flag = 'Islamophobic hate crime') as is_islamophobic_hate_crime_flagged,
        max(flag = 'Homophobic hate crime') as is_homophobic_hate_crime_flagged,
        max(flag = 'Faith hate crime') as is_faith_hate_crime_flagged,
        max(flag = 'Disability hate crime') as is_disability_hate_crime_flagged,
        max(flag = 'Antisemitic hate crime') as is_antisemitic_hate_crime_flagged,
        max(crime_area = 'Domestic abuse') as is_domestic_abuse_flagged,
        max(crime_area = 'Stalking') as is_stalking_flagged,
        max(crime_area = 'Hate crime') as is_hate_crime_flagged,
        max(crime_area = 'Honour based violence') as is_honour_based_flagged,
        max(hate_strand is not null) as is_hate_strand_flagged
    from {{ ref('int_crime_report_marks') }}
    where {{ is_taken() }}
    group by crime_ref

),

outcome_codes as (

    select * from {{ ref('outcome_codes') }}

),

boroughs as (

    select * from {{ ref('borough_bcus') }}

),

venue_types as (

    select * from {{ ref('venue_types') }}

),

report_routes as (

    select * from {{ ref('report_routes') }}

),

joined as (

    select
        offences.source_system,
        offences.crime_ref,
        offences.offence_no,
        offences.delivery,
        offences.offence_role,
        offences.offence_class,
        case
            when offences.bcu is not null then coalesce(offences.borough, 'Unknown')
            else coalesce(boroughs.borough, 'Unknown')
        end as borough,
        coalesce(offences.bcu, boroughs.bcu, 'Unknown') as bcu,
        offences.committed_on,
        offences.reported_on,
        offences.recorded_on,
        offences.investigation_completed_on,
        offences.outcome_on,
        offence_classes.major_crime,
        offence_classes.minor_crime,
        offence_classes.offence,
        offence_classes.crime_type,
        offences.outcome_code,
        offences.source_outcome,
        outcome_codes.outcome_group,
        outcome_codes.names_suspect as outcome_names_suspect,
        coalesce(
            outcome_codes.outcome_group = 'Victim withdrawal', false
        ) as is_victim_withdrawal,
        coalesce(criteria.is_domestic_abuse_offence, false)
            as is_domestic_abuse_offence,
        coalesce(criteria.is_sexual_offence, false) as is_sexual_offence,
        coalesce(criteria.is_rape_offence, false) as is_rape_offence,
        coalesce(criteria.is_child_sexual_offence_by_age, false)
            as is_child_sexual_offence_by_age,
        coalesce(criteria.is_indecent_image_offence, false)
            as is_indecent_image_offence,
        coalesce(criteria.states_child_victim, false) as states_child_victim,
        coalesce(criteria.is_stalking_offence, false) as is_stalking_offence,
        coalesce(criteria.is_hate_offence, false) as is_hate_offence,
        coalesce(criteria.is_serious_youth_violence_offence, false)
            as is_serious_youth_violence_offence,
        coalesce(criteria.is_against_officer, false) as is_against_officer,
        coalesce(criteria.is_honour_based_offence, false) as is_honour_based_offence,
        coalesce(marks.is_domestic_incident_flagged, false)
            as is_domestic_incident_flagged,
        coalesce(marks.is_honour_based_violence_flagged, false)
            as is_honour_based_violence_flagged,
        coalesce(marks.is_modern_slavery_flagged, false) as is_modern_slavery_flagged,
        coalesce(marks.is_knife_crime_flagged, false) as is_knife_crime_flagged,
        coalesce(marks.is_racial_incident_flagged, false) as is_racial_incident_flagged,
        coalesce(marks.is_transgender_hate_crime_flagged, false)
            as is_transgender_hate_crime_flagged,
        coalesce(marks.is_islamophobic_hate_crime_flagged, false)
            as is_islamophobic_hate_crime_flagged,
        coalesce(marks.is_homophobic_hate_crime_flagged, false)
            as is_homophobic_hate_crime_flagged,
        coalesce(marks.is_faith_hate_crime_flagged, false)
            as is_faith_hate_crime_flagged,
        coalesce(marks.is_disability_hate_crime_flagged, false)
            as is_disability_hate_crime_flagged,
        coalesce(marks.is_antisemitic_hate_crime_flagged, false)
            as is_antisemitic_hate_crime_flagged,
        coalesce(marks.is_domestic_abuse_flagged, false) as is_domestic_abuse_flagged,
        coalesce(marks.is_stalking_flagged, false) as is_stalking_flagged,
        coalesce(marks.is_hate_crime_flagged, false) as is_hate_crime_flagged,
        coalesce(marks.is_honour_based_flagged, false) as is_honour_based_flagged,
        coalesce(marks.is_hate_strand_flagged, false) as is_hate_strand_flagged,
        coalesce(venue_types.venue_type, 'Unknown') as venue_type,
        coalesce(report_routes.report_route, 'Unknown') as report_route,
        {{ days_between('offences.committed_on', 'offences.reported_on') }}
            as days_to_report,
        {{ days_between(
            'offences.recorded_on', 'offences.investigation_completed_on'
        ) }} as days_to_complete,
        -- Where the BCU is delivered, no lookup is asked for it.
        case when offences.bcu is null then {{ match_key('offences.borough') }} end
            as recorded_borough,
        {{ match_key('offences.venue_type') }} as recorded_venue_type,
        {{ match_key('offences.how_notified') }} as recorded_report_route,
        offence_classes.is_minor_crime_unmatched,
        crime_reports.is_combined
    from offences
    inner join crime_reports
        on offences.crime_ref = crime_reports.crime_ref
    inner join offence_classes
        on offences.offence_class = offence_classes.offence_class
    left join criteria
        on offences.offence_class = criteria.offence_class
    left join marks
        on offences.crime_ref = marks.crime_ref
    left join outcome_codes
        on offences.outcome_code = outcome_codes.outcome_code
    left join boroughs
        on
            {{ match_key('offences.borough') }} = {{ match_key('boroughs.borough') }}
            and offences.bcu is null
    left join venue_types
        on
            {{ match_key('offences.venue_type') }}
            = {{ match_key('venue_types.raw_venue_type') }}
    left join report_routes
        on
            {{ match_key('offences.how_notified') }}
            = {{ match_key('report_routes.raw_how_notified') }}

),

delay_bands as (

    select * from {{ ref('delay_bands') }}

),

duration_bands as (

    select * from {{ ref('duration_bands') }}

),

final as (

    select
        joined.*,
        joined.is_domestic_abuse_offence
        or joined.is_domestic_abuse_flagged as is_domestic_abuse,
        joined.is_stalking_offence or joined.is_stalking_flagged as is_stalking,
        joined.is_hate_offence or joined.is_hate_crime_flagged as is_hate_crime,
        joined.is_honour_based_offence
        or joined.is_honour_based_flagged as is_honour_based_violence,
        coalesce(delay_bands.delay_to_report, 'Unknown') as delay_to_report,
        coalesce(duration_bands.duration_band, 'Unknown') as duration_band,
        -- A duration below zero is a gap and is neither early nor late.
        case
            when joined.days_to_complete >= 0 then joined.days_to_complete < 28
        end as is_completed_within_4_weeks,
        case
            when joined.days_to_complete >= 0 then joined.days_to_complete < 84
        end as is_completed_within_12_weeks
    from joined
    left join delay_bands
        on
            joined.days_to_report >= delay_bands.min_days
            and joined.days_to_report <= delay_bands.max_days
    left join duration_bands
        on
            joined.days_to_complete >= duration_bands.min_days
            and joined.days_to_complete <= duration_bands.max_days

)

select * from final
