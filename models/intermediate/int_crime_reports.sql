-- Every crime report delivered, what its Main offence says, and the step of the flow
-- that removes it (none: it is in the combined dataset).
with

crime_reports as (

    select * from {{ ref('int_crime_reports_delivered') }}

),

rejected as (

    select * from {{ ref('int_crime_reports_rejected') }}

),

offences as (

    select * from {{ ref('int_offences_checked') }}
    where is_current and rejection_reason is null

),

offence_classes as (

    select * from {{ ref('int_offence_classes') }}

),

offence_counts as (

    select
        crime_ref,
        count(*) as offences
    from offences
    group by crime_ref

),

victim_counts as (

    select
        crime_ref,
        count(*) as victims
    from {{ ref('int_victims_checked') }}
    where
        is_current
        and rejection_reason is null
        and set_aside_reason is null
    group by crime_ref

),

suspect_counts as (

    select
        crime_ref,
        count(*) as suspects
    from {{ ref('int_suspects_checked') }}
    where
        is_current
        and rejection_reason is null
        and set_aside_reason is null
    group by crime_ref

),

main_offences as (

    select
        offences.crime_ref,
        offences.offence_no,
        offences.recorded_on,
        offences.outcome_code,
        offence_classes.is_in_scope
    from offences
    inner join offence_classes
        on offences.offence_class = offence_classes.offence_class
    where offences.offence_role = 'Main'

),

final as (

    select
        crime_reports.crime_ref,
        crime_reports.delivery,
        main_offences.offence_no as main_offence_no,
        cast(coalesce(offence_counts.offences, 0) as integer) as offences,
        cast(coalesce(victim_counts.victims, 0) as integer) as victims,
        cast(coalesce(suspect_counts.suspects, 0) as integer) as suspects,
        case
            when rejected.crime_ref is not null then 1
            when not {{ in_study_period('main_offences.recorded_on') }} then 2
            when main_offences.outcome_code is null then 3
            when main_offences.outcome_code in ('NC', 'ADM') then 4
            when not main_offences.is_in_scope then 5
            when victim_counts.victims is null then 6
            when victim_counts.victims > 1 then 7
            when suspect_counts.suspects > 1 then 8
            when offence_counts.offences > 1 then 9
        end as removal_step_no
    from crime_reports
    left join rejected
        on crime_reports.crime_ref = rejected.crime_ref
    left join main_offences
        on crime_reports.crime_ref = main_offences.crime_ref
    left join offence_counts
        on crime_reports.crime_ref = offence_counts.crime_ref
    left join victim_counts
        on crime_reports.crime_ref = victim_counts.crime_ref
    left join suspect_counts
        on crime_reports.crime_ref = suspect_counts.crime_ref

)

select
    *,
    -- The three wide datasets keep reports with several people or offences.
    removal_step_no is null or removal_step_no >= 7 as is_in_scope,
    removal_step_no is null as is_combined
from final
