-- Every crime delivered, with the first step of the flow that removes it.
with

delivered as (

    select * from {{ ref('int_violent_crime__crimes_delivered') }}
    where is_current

),

crimes as (

    select * from {{ ref('int_violent_crime__crimes_checked') }}
    where is_current and rejection_reason is null

),

-- A log entry that is rejected is one that is not counted: a crime has many.
rejected as (

    {% for extract in ['crimes', 'victims', 'offenders'] -%}
    select crime_ref
    from {{ ref('int_violent_crime__' ~ extract ~ '_checked') }}
    where is_current and rejection_reason is not null

    union

    {% endfor -%}
    select delivered.crime_ref
    from {{ ref('stg_violent_crime__malformed_rows') }} as malformed_rows
    inner join delivered
        on
            malformed_rows.crime_ref = delivered.crime_ref
            and malformed_rows.delivery = delivered.delivery
    where malformed_rows.extract in ('crimes', 'victims', 'offenders')

),

sections as (

    select distinct
        section,
        is_in_scope
    from {{ ref('violent_crime_sections') }}

),

offence_types as (

    select * from {{ ref('violent_crime_offence_types') }}

),

victims as (

    select * from {{ ref('int_violent_crime__victims_described') }}

),

incidents as (

    select * from {{ ref('int_violent_crime__incidents_checked') }}
    where is_current and rejection_reason is null

),

flow_steps as (

    select max(first_year) as first_year
    from {{ ref('violent_crime_flow_steps') }}

),

final as (

    select
        delivered.crime_ref,
        {{ record_key('delivered.crime_ref') }} as record_key,
        delivered.delivery,
        crimes.occurred_on,
        crimes.section,
        crimes.offence_type,
        coalesce(offence_types.makes_vulnerable, false) as is_vulnerable,
        crimes.hate_flag is not null or coalesce(offence_types.makes_hate, false)
            as is_hate,
        crimes.clear_up_code,
        crimes.cleared_up_on,
        incidents.incident_ref is not null as has_incident,
        crimes.incident_ref,
        crimes.injury_code,
        crimes.firearm,
        crimes.knife,
        crimes.other_weapon,
        crimes.daily_bulletin,
        crimes.officer_on_duty,
        crimes.uniform_cid,
        crimes.offender_unknown,
        crimes.report_method,
        crimes.npu,
        -- The order is that of violent_crime_flow_steps.
        case
            when rejected.crime_ref is not null then 1
            when not sections.is_in_scope then 2
            when coalesce(offence_types.is_left_out, false) then 3
            when not coalesce(victims.is_identified, false) then 4
            when crimes.clear_up_code is null then 5
            when incidents.incident_ref is null then 6
            when extract(year from crimes.occurred_on) < flow_steps.first_year then 7
            when not {{ in_study_period('crimes.occurred_on') }} then 8
        end as removal_step_no
    from delivered
    cross join flow_steps
    left join crimes
        on delivered.crime_ref = crimes.crime_ref
    left join rejected
        on delivered.crime_ref = rejected.crime_ref
    left join sections
        on crimes.section = sections.section
    left join offence_types
        on
            {{ match_key('crimes.offence_type') }}
            = {{ match_key('offence_types.offence_type') }}
    left join victims
        on delivered.crime_ref = victims.crime_ref
    left join incidents
        on crimes.incident_ref = incidents.incident_ref

)

select * from final
