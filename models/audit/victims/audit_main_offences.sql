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
        offences.is_current
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
        coalesce(main_offences.bcu, boroughs.bcu, 'Unknown') as bcu,
        main_offences.recorded_on,
        main_offences.outcome_code is null as is_without_outcome,
        case
            when main_offences.outcome_code not in ('NC', 'ADM')
                then crime_reports.victims = 0
        end as victim_not_recorded,
        main_offences.recorded_on > try_cast(main_offences.delivery as date)
            as recorded_after_delivery,
        {{ days_between('main_offences.reported_on', 'main_offences.recorded_on') }}
        > 3 as recorded_over_3_days_late,
        {% for earlier, later in [
            ('committed_on', 'reported_on'),
            ('committed_on', 'recorded_on'),
            ('committed_on', 'outcome_on'),
            ('reported_on', 'recorded_on'),
            ('reported_on', 'outcome_on'),
            ('recorded_on', 'investigation_completed_on'),
        ] -%}
        coalesce(
            main_offences.{{ later }} < main_offences.{{ earlier }}, false
        ){{ " or " if not loop.last }}
        {%- endfor %} as negative_days
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
