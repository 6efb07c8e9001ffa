{%- set listed = [
    ('uniform_or_cid', 'crimes.uniform_cid'),
    ('injury_code', 'crimes.injury_code'),
    ('victim_ethnicity', 'victims.self_defined_ethnicity'),
    ('victim_informed_method', 'victims.informed_method'),
    ('victims_code_service', 'victims.victim_code'),
    ('response_code', 'incidents.response_code'),
] -%}
-- noqa: disable=LT02
-- Crimes that can be trusted and are in scope, cleared up or not: true where one has
-- the gap, false where it does not, null where the gap does not apply to it.
with

crimes as (

    select * from {{ ref('int_violent_crime__crimes') }}
    where coalesce(removal_step_no, 9) not in (1, 2, 3)

),

victims as (

    select * from {{ ref('int_violent_crime__victims_described') }}

),

incidents as (

    select * from {{ ref('int_violent_crime__incidents_checked') }}
    where is_current and rejection_reason is null

),

investigations as (

    select * from {{ ref('int_violent_crime__investigations') }}

),

levels as (

    select * from {{ ref('violent_crime_levels') }}

),

-- A value is missing today if the latest delivery lacks it.
latest as (

    select max(try_cast(delivery as date)) as latest_delivery_on
    from {{ source('raw', 'deliveries') }}

),

final as (

    select
        crimes.delivery,
        crimes.crime_ref,
        case
            when {{ days_between(
                'crimes.occurred_on', 'latest.latest_delivery_on'
            ) }} > 365
                then crimes.clear_up_code is null
        end as not_cleared_up_after_12_months,
        crimes.occurred_on > try_cast(crimes.delivery as date)
            as occurred_after_delivery,
        case
            when crimes.clear_up_code is not null then crimes.cleared_up_on is null
        end as clear_up_date_missing,
        case
            when crimes.cleared_up_on is not null then crimes.clear_up_code is null
        end as clear_up_code_missing,
        crimes.cleared_up_on < crimes.occurred_on as clear_up_before_crime,
        crimes.incident_ref is null as incident_link_missing,
        case
            when crimes.incident_ref is not null then not crimes.has_incident
        end as incident_not_delivered,
        incidents.received_on < crimes.occurred_on as incident_before_crime,
        case
            when crimes.has_incident then incidents.response_code is null
        end as response_code_missing,
        case
            when crimes.has_incident then incidents.response_minutes is null
        end as response_minutes_missing,
        case
            when crimes.has_incident then incidents.deployment_minutes is null
        end as deployment_minutes_missing,
        crimes.report_method is null as report_method_missing,
        crimes.uniform_cid is null as uniform_or_cid_missing,
        crimes.npu is null as neighbourhood_policing_unit_missing,
        crimes.injury_code is null as injury_code_missing,
        case
            when crimes.section = '18'
                then coalesce(crimes.injury_code = '5', false)
        end as section_18_without_injury,
        investigations.crime_ref is null as log_missing,
        investigations.days_to_first_log < 0 as first_log_before_crime,
        victims.crime_ref is null as victim_missing,
        not victims.is_identified as victim_not_identified,
        case
            when victims.crime_ref is not null then victims.victim_sex = 'X'
        end as victim_sex_missing,
        case
            when victims.crime_ref is not null then victims.age is null
        end as victim_age_missing,
        victims.age not between 0 and 120 as victim_age_not_in_range,
        case
            when victims.crime_ref is not null
                then victims.self_defined_ethnicity is null
        end as victim_ethnicity_missing,
        victims.self_defined_ethnicity = 'NS' as victim_ethnicity_not_stated,
        case
            when victims.crime_ref is not null then victims.informed is null
        end as victim_informed_missing,
        case
            when victims.informed then victims.informed_method is null
        end as victim_informed_method_missing,
        case
            when victims.informed then victims.informed_on is null
        end as victim_informed_date_missing,
        victims.informed_on < crimes.occurred_on as victim_informed_before_crime,
        case
            when not victims.informed
                then
                    victims.informed_method is not null
                    or victims.informed_on is not null
        end as victim_uninformed_with_method_or_date,
        case
            when victims.crime_ref is not null then victims.victim_code is null
        end as victims_code_service_missing,
        -- Recorded from 2015 on (violent-crime study, section 4).
        case
            when
                victims.crime_ref is not null
                and crimes.occurred_on >= cast('2015-01-01' as date)
                then victims.support_discussed is null
        end as victim_support_discussed_missing,
        {% for variable, column in listed -%}
        case
            when {{ column }} is not null
                then {{ variable }}_levels.level is null
        end as {{ variable }}_not_in_list{{ "," if not loop.last }}
        {% endfor %}
    from crimes
    cross join latest
    left join victims
        on crimes.crime_ref = victims.crime_ref
    left join incidents
        on crimes.incident_ref = incidents.incident_ref
    left join investigations
        on crimes.crime_ref = investigations.crime_ref
    {% for variable, column in listed -%}
    left join levels as {{ variable }}_levels
        on
            {{ variable }}_levels.variable = '{{ variable }}'
            and {{ column }} = {{ variable }}_levels.level
    {% endfor %}

)

select * from final
