-- Clearance is of the whole incident in NIBRS, so all its offences share the outcome;
-- one that the FBI marks Not a Crime has an outcome of its own.
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
            -- Ids are numbers without leading noughts: length first orders them so.
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
            ('numbered.incident_id is null', 'crime_ref is missing'),
            (
                'incidents.delivery is null',
                'incident is not in the incidents of this delivery',
            ),
            ('numbered.offense_id is null', 'offense_id is missing'),
            ('incidents.incident_rows > 1', 'incident is repeated'),
            ('numbered.offense_rows > 1', 'offence is repeated'),
            ('incidents.incident_date is null', 'recorded_on is missing'),
            ('incidents.recorded_on is null', 'recorded_on is not a date'),
            (
                'not incidents.is_clearance_known',
                'cleared_except_id is not in the list',
            ),
            ('incidents.has_unreadable_clearance', 'outcome_on is not a date'),
            (
                'incidents.has_unreadable_arrest',
                'investigation_completed_on is not a date',
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
