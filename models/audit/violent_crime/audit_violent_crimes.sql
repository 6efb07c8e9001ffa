{%- set listed = [
    ('uniform_or_cid', 'crimes.uniform_cid'),
    ('injury_code', 'crimes.injury_code'),
    ('victim_ethnicity', 'victims.self_defined_ethnicity'),
    ('victim_informed_method', 'victims.informed_method'),
    ('victims_code_service', 'victims.victim_code'),
    ('response_code', 'incidents.response_code'),
] -%}
-- noqa: disable=LT02
-- Crimes that can be trusted and are in scope, cleared up or not, with the values that
-- the gaps of seeds/data_quality_gaps.csv judge.
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
        try_cast(crimes.delivery as date) as delivered_on,
        crimes.crime_ref,
        crimes.occurred_on,
        cast(extract(year from crimes.occurred_on) as integer) as crime_year,
        {{ days_between('crimes.occurred_on', 'latest.latest_delivery_on') }}
            as days_since_crime,
        crimes.clear_up_code,
        crimes.cleared_up_on,
        crimes.section,
        crimes.injury_code,
        crimes.report_method,
        crimes.uniform_cid as uniform_or_cid,
        crimes.npu as neighbourhood_policing_unit,
        crimes.incident_ref,
        crimes.has_incident,
        incidents.received_on as incident_received_on,
        incidents.response_code,
        incidents.response_minutes,
        incidents.deployment_minutes,
        investigations.crime_ref is not null as has_log,
        investigations.days_to_first_log,
        victims.crime_ref is not null as has_victim,
        victims.is_identified as is_victim_identified,
        victims.victim_sex,
        victims.age as victim_age,
        victims.self_defined_ethnicity as victim_ethnicity,
        victims.informed as is_victim_informed,
        victims.informed_method as victim_informed_method,
        victims.informed_on as victim_informed_on,
        coalesce(victims.informed_method, cast(victims.informed_on as string))
        is not null as has_method_or_date,
        victims.victim_code as victims_code_service,
        victims.support_discussed as is_victim_support_discussed,
        -- What is recorded as the list has it; null where it is in no list.
        {% for variable, _ in listed -%}
        {{ variable }}_levels.level as {{ variable }}_level
        {{- "," if not loop.last }}
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
