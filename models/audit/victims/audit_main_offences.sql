-- One row per crime report that can be trusted and whose Main offence is in scope, with
-- an outcome or without: the part of audit_crime_reports that does not depend on the
-- day.
with

crime_reports as (

    select * from {{ ref('int_crime_reports') }}
    where {{ is_taken() }} and coalesce(removal_step_no, 9) not in (1, 2)

),

main_offences as (

    select
        offences.*,
        classes.is_in_scope
    from {{ ref('int_offences_checked') }} as offences
    inner join {{ ref('int_offence_classes') }} as classes
        on offences.offence_class = classes.offence_class
    where
        {{ is_taken('offences.crime_ref') }}
        and offences.is_current
        and offences.rejection_reason is null
        and offences.offence_role = 'Main'

),

boroughs as (

    select * from {{ ref('borough_bcus') }}

),

final as (

    select
        crime_reports.delivery,
        crime_reports.crime_ref,
        crime_reports.record_key,
        coalesce(main_offences.bcu, boroughs.bcu, 'Unknown') as bcu,
        main_offences.recorded_on,
        main_offences.outcome_code,
        crime_reports.victims,
        try_cast(main_offences.delivery as date) as delivered_on,
        {{ days_between('main_offences.reported_on', 'main_offences.recorded_on') }}
            as days_to_record,
        -- Negative where a date comes before one that it follows.
        least(
            {% for earlier, later in [
                ('committed_on', 'reported_on'),
                ('committed_on', 'recorded_on'),
                ('committed_on', 'outcome_on'),
                ('reported_on', 'recorded_on'),
                ('reported_on', 'outcome_on'),
                ('recorded_on', 'investigation_completed_on'),
            ] -%}
            coalesce({{ days_between(
                'main_offences.' ~ earlier, 'main_offences.' ~ later
            ) }}, 0){{ "," if not loop.last }}
            {% endfor -%}
        ) as fewest_days
    from crime_reports
    inner join main_offences
        on crime_reports.crime_ref = main_offences.crime_ref
    left join boroughs
        on
            {{ match_key('main_offences.borough') }}
            = {{ match_key('boroughs.borough') }}
    where main_offences.is_in_scope

)

select * from final
