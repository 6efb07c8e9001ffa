-- Clearance is of the whole incident in NIBRS, so all its offences share the outcome;
-- one that the FBI marks Not a Crime has a separate outcome.
with

incidents as (

    select * from {{ ref('base_nibrs__incidents') }}

),

offences as (

    select * from {{ ref('base_nibrs__offences') }}

),

not_crimes as (

    select * from {{ ref('nibrs_clearances') }}
    where clearance = 'not a crime'

),

numbered as (

    select
        *,
        row_number() over (
            partition by delivery, incident_id
            -- Ids are numbers without leading zeros: length first orders them so.
            order by length(offense_id), offense_id
        ) as offence_no,
        row_number() over (
            partition by delivery, incident_id
            order by coalesce(seriousness_rank, 999), length(offense_id), offense_id
        ) as seriousness_no,
        count(*) over (partition by delivery, offense_id) as offense_rows
    from offences

),

final as (

    select
        'nibrs' as source_system,
        numbered.delivery,
        numbered.line_no,
        numbered.incident_id as crime_ref,
        cast(numbered.offence_no as integer) as offence_no,
        case when numbered.seriousness_no = 1 then 'Main' else 'Subsidiary' end
            as offence_role,
        numbered.major_crime,
        numbered.minor_crime,
        numbered.offence,
        coalesce(not_crimes.outcome_code, incidents.outcome_code) as outcome_code,
        coalesce(not_crimes.source_outcome, incidents.source_outcome)
            as source_outcome,
        incidents.cleared_on as outcome_on,
        case when not incidents.is_report_date then incidents.recorded_on end
            as committed_on,
        case when incidents.is_report_date then incidents.recorded_on end
            as reported_on,
        incidents.recorded_on,
        incidents.cleared_on as investigation_completed_on,
        incidents.agency as borough,
        incidents.county_or_state as bcu,
        numbered.venue_type,
        cast(null as string) as how_notified,
        {{ first_problem([
            ('numbered.incident_id is null', 'missing crime_ref'),
            (
                'incidents.delivery is null',
                'incident_not_delivered',
            ),
            ('numbered.offense_id is null', 'missing offense_id'),
            ('incidents.incident_rows > 1', 'incident_repeated'),
            ('numbered.offense_rows > 1', 'offence_repeated'),
            ('incidents.incident_date is null', 'recording_date_missing recorded_on'),
            ('incidents.recorded_on is null', 'date_unreadable recorded_on'),
            (
                'not incidents.is_clearance_known',
                'not_in_list cleared_except_id',
            ),
            ('incidents.has_unreadable_clearance', 'date_unreadable outcome_on'),
            (
                'incidents.has_unreadable_arrest',
                'date_unreadable investigation_completed_on',
            ),
        ]) }} as row_problem
    from numbered
    left join incidents
        on
            numbered.delivery = incidents.delivery
            and numbered.incident_id = incidents.incident_id
    left join not_crimes
        on not numbered.is_crime

)

select * from final
