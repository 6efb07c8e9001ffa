-- The free text of a crime stays in staging.
with

crimes as (

    select * from {{ ref('stg_violent_crime__crimes') }}

),

sections as (

    select * from {{ ref('violent_crime_sections') }}

),

outcome_groups as (

    select * from {{ ref('violent_crime_outcome_groups') }}

),

delivered as (

    select * from {{ ref('int_violent_crime__crimes_delivered') }}

),

repeated_keys as (

    select
        delivery,
        crime_ref
    from crimes
    where crime_ref is not null
    group by delivery, crime_ref
    having count(*) > 1

),

final as (

    select
        crimes.delivery,
        crimes.line_no,
        crimes.crime_ref,
        crimes.occurred_on,
        sections.section,
        crimes.offence_type,
        crimes.clear_up_code,
        crimes.cleared_up_on,
        crimes.incident_ref,
        crimes.injury_code,
        crimes.hate_flag,
        crimes.firearm,
        crimes.knife,
        crimes.other_weapon,
        crimes.daily_bulletin,
        crimes.officer_on_duty,
        crimes.uniform_cid,
        crimes.offender_unknown,
        crimes.report_method,
        crimes.npu,
        coalesce(delivered.is_current, false) as is_current,
        case
            when crimes.row_problem is not null then crimes.row_problem
            when sections.section is null then 'not_in_list section'
            when
                crimes.clear_up_code is not null
                and outcome_groups.clear_up_code is null
                then 'not_in_list clear_up_code'
            when repeated_keys.crime_ref is not null then 'key_repeated'
        end as rejection_reason
    from crimes
    left join sections
        on
            {{ match_key('crimes.section') }}
            = {{ match_key('sections.raw_section') }}
    left join outcome_groups
        on crimes.clear_up_code = outcome_groups.clear_up_code
    left join delivered
        on
            crimes.crime_ref = delivered.crime_ref
            and crimes.delivery = delivered.delivery
    left join repeated_keys
        on
            crimes.crime_ref = repeated_keys.crime_ref
            and crimes.delivery = repeated_keys.delivery

)

select * from final
