-- Every crime report delivered, the values of its Main offence, and the step of the
-- flow that removes it (none: it is in the combined dataset).
with

crime_reports as (

    select * from {{ ref('int_crime_reports_delivered') }}
    where {{ is_taken() }} and is_current

),

rejected as (

    select * from {{ ref('int_crime_reports_rejected') }}
    where {{ is_taken() }}

),

offences as (

    select * from {{ ref('int_offences_checked') }}
    where {{ is_taken() }} and is_current and rejection_reason is null

),

offence_classes as (

    select * from {{ ref('int_offence_classes') }}

),

victims as (

    select * from {{ ref('int_victims_checked') }}
    where
        {{ is_taken() }}
        and is_current
        and rejection_reason is null
        and set_aside_reason is null

),

suspects as (

    select * from {{ ref('int_suspects_checked') }}
    where
        {{ is_taken() }}
        and is_current
        and rejection_reason is null
        and set_aside_reason is null

),

-- Facts on a crime report, row by row, so that one pass aggregates them.
found as (

    {% for table in ['crime_reports', 'rejected', 'victims', 'suspects'] -%}
    select
        crime_ref,
        {{ 'delivery' if table == 'crime_reports' else 'cast(null as string)' }}
            as delivery,
        {{ 'true' if table == 'rejected' else 'false' }} as is_rejected,
        0 as offences,
        {{ 1 if table == 'victims' else 0 }} as victims,
        {{ 1 if table == 'suspects' else 0 }} as suspects,
        cast(null as integer) as main_offence_no,
        cast(null as date) as recorded_on,
        cast(null as string) as outcome_code,
        cast(null as boolean) as is_in_scope
    from {{ table }}

    union all

    {% endfor -%}
    select
        offences.crime_ref,
        cast(null as string) as delivery,
        false as is_rejected,
        1 as offences,
        0 as victims,
        0 as suspects,
        case when offences.offence_role = 'Main' then offences.offence_no end
            as main_offence_no,
        case when offences.offence_role = 'Main' then offences.recorded_on end
            as recorded_on,
        case when offences.offence_role = 'Main' then offences.outcome_code end
            as outcome_code,
        case when offences.offence_role = 'Main' then offence_classes.is_in_scope end
            as is_in_scope
    from offences
    inner join offence_classes
        on offences.offence_class = offence_classes.offence_class

),

gathered as (

    select
        crime_ref,
        max(delivery) as delivery,
        max(is_rejected) as is_rejected,
        cast(sum(offences) as integer) as offences,
        cast(sum(victims) as integer) as victims,
        cast(sum(suspects) as integer) as suspects,
        max(main_offence_no) as main_offence_no,
        max(recorded_on) as recorded_on,
        max(outcome_code) as outcome_code,
        max(is_in_scope) as is_in_scope
    from found
    group by crime_ref

),

final as (

    select
        crime_ref,
        delivery,
        {{ record_key('crime_ref') }} as record_key,
        main_offence_no,
        offences,
        victims,
        suspects,
        recorded_on,
        coalesce(is_in_scope, false) as is_crime_type_in_scope,
        case
            when is_rejected then 1
            when not {{ in_study_period('recorded_on') }} then 2
            when outcome_code is null then 3
            when outcome_code in ('NC', 'ADM') then 4
            when not is_in_scope then 5
            when victims = 0 then 6
            when victims > 1 then 7
            when suspects > 1 then 8
            when offences > 1 then 9
        end as removal_step_no
    from gathered
    where delivery is not null

)

select
    *,
    -- The three wide datasets keep reports with several people or offences.
    removal_step_no is null or removal_step_no >= 7 as is_in_scope,
    removal_step_no is null as is_combined
from final
