{%- set categories = [
    ('uniform_or_cid', 'crimes.uniform_cid'),
    ('report_method', 'cast(crimes.report_method as string)'),
    ('offender_unknown', 'crimes.offender_unknown'),
    ('injury_code', 'crimes.injury_code'),
    ('response_code', 'incidents.response_code'),
    ('victim_ethnicity', 'victims.self_defined_ethnicity'),
    ('victim_informed_method', 'victims.informed_method'),
    ('victims_code_service', 'victims.victim_code'),
] -%}
-- noqa: disable=LT02
with

crimes as (

    select * from {{ ref('int_violent_crime__crimes') }}
    where removal_step_no is null

),

outcome_groups as (

    select * from {{ ref('violent_crime_outcome_groups') }}

),

incidents as (

    select * from {{ ref('int_violent_crime__incidents_checked') }}
    where is_current and rejection_reason is null

),

victims as (

    select * from {{ ref('int_violent_crime__victims_described') }}

),

offenders as (

    select * from {{ ref('int_violent_crime__offenders_grouped') }}

),

investigations as (

    select * from {{ ref('int_violent_crime__investigations') }}

),

histories as (

    select * from {{ ref('int_violent_crime__victim_histories') }}

),

gang_scores as (

    select * from {{ ref('int_violent_crime__gang_scores') }}

),

uncooperative as (

    select distinct crime_ref
    from {{ ref('int_violent_crime__uncooperative_terms') }}

),

levels as (

    select * from {{ ref('violent_crime_levels') }}

),

-- The level for values missing, or in no list, per variable: one row.
missing as (

    select
        {% for variable, _ in categories -%}
        max(case when variable = '{{ variable }}' then level end) as {{ variable }}
        {{- "," if not loop.last }}
        {% endfor %}
    from levels
    where is_missing_level

),

final as (

    select
        crimes.crime_ref,
        crimes.record_key,
        crimes.delivery,
        crimes.occurred_on,
        cast(extract(year from crimes.occurred_on) as integer) as crime_year,
        crimes.clear_up_code,
        crimes.cleared_up_on,
        outcome_groups.outcome_group,
        outcome_groups.outcome_group = 'success' as is_success,
        outcome_groups.outcome_group = 'evidential difficulties (victim)'
            as is_evidential_difficulties_victim,
        crimes.section,
        crimes.offence_type,
        crimes.is_vulnerable,
        crimes.is_hate,
        coalesce(crimes.firearm, false) as is_firearm_involved,
        coalesce(crimes.knife, false) as is_knife_involved,
        coalesce(crimes.other_weapon, false) as is_other_weapon_involved,
        coalesce(crimes.daily_bulletin, false) as is_in_daily_bulletin,
        coalesce(crimes.officer_on_duty, false) as is_officer_on_duty,
        coalesce(crimes.npu, 'unknown') as neighbourhood_policing_unit,
        {% for variable, _ in categories -%}
        coalesce({{ variable }}_levels.level, missing.{{ variable }})
            as {{ variable }},
        {% endfor -%}
        {{ days_between('crimes.occurred_on', 'crimes.cleared_up_on') }}
            as days_to_clear_up,
        victims.victims,
        coalesce(offenders.offenders, 0) as offenders,
        coalesce(offenders.male_offenders, 0) as male_offenders,
        coalesce(offenders.female_offenders, 0) as female_offenders,
        coalesce(offenders.offender_age_band, 'unknown') as offender_age_band,
        coalesce(investigations.logs, 0) as logs,
        coalesce(investigations.investigation_officers, 0)
            as investigation_officers,
        investigations.days_to_first_log,
        investigations.days_to_last_log,
        incidents.officers as incident_officers,
        incidents.response_minutes,
        incidents.deployment_minutes,
        victims.victim_sex,
        victims.victim_age_band,
        coalesce(victims.is_police_officer, false) as is_victim_police_officer,
        coalesce(victims.victim_support, false) as is_victim_support_taken_up,
        case victims.informed when true then 'Y' when false then 'N' else 'X' end
            as victim_informed,
        case victims.support_discussed
            when true then 'Y'
            when false then 'N'
            else 'X'
        end as victim_support_discussed,
        -- As printed: 0 means not available, including a victim never informed.
        case
            when coalesce(victims.informed, true)
                then coalesce(
                    {{ days_between('crimes.occurred_on', 'victims.informed_on') }}, 0
                )
            else 0
        end as days_to_victim_informed,
        {% for kind in ['victimisation', 'offending'] -%}
        {% for months in violent_crime_history_months() -%}
        {%- set history = kind ~ 's_' ~ months ~ '_month' ~ ('s' if months > 1) -%}
        coalesce(histories.{{ history }}, 0) as {{ history }},
        {% endfor -%}
        {% endfor -%}
        coalesce(gang_scores.gang_score, 0e0) as victim_gang_score,
        coalesce(offenders.offender_gang_score, 0e0) as offender_gang_score,
        uncooperative.crime_ref is not null as is_uncooperative
    from crimes
    cross join missing
    inner join outcome_groups
        on crimes.clear_up_code = outcome_groups.clear_up_code
    inner join incidents
        on crimes.incident_ref = incidents.incident_ref
    inner join victims
        on crimes.crime_ref = victims.crime_ref
    left join offenders
        on crimes.crime_ref = offenders.crime_ref
    left join investigations
        on crimes.crime_ref = investigations.crime_ref
    left join histories
        on
            crimes.crime_ref = histories.crime_ref
            and victims.person_ref = histories.person_ref
    left join gang_scores
        on victims.person_ref = gang_scores.person_ref
    left join uncooperative
        on crimes.crime_ref = uncooperative.crime_ref
    {% for variable, column in categories -%}
    left join levels as {{ variable }}_levels
        on
            {{ variable }}_levels.variable = '{{ variable }}'
            and {{ column }} = {{ variable }}_levels.level
    {% endfor %}

)

select * from final
