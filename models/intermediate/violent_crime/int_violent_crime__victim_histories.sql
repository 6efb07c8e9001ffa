{%- set windows = violent_crime_history_months() -%}
-- noqa: disable=LT02
-- What befell the person before the crime, and only before: a crime of the same day,
-- the crime itself and later ones never count. Crimes that the study leaves out do.
with

crimes as (

    select
        crime_ref,
        occurred_on
    from {{ ref('int_violent_crime__crimes_checked') }}
    where is_current and rejection_reason is null

),

victims as (

    select distinct
        person_ref,
        crime_ref
    from {{ ref('int_violent_crime__victims_checked') }}
    where is_current and rejection_reason is null and person_ref is not null

),

offenders as (

    select distinct
        person_ref,
        crime_ref
    from {{ ref('int_violent_crime__offenders_checked') }}
    where is_current and rejection_reason is null and person_ref is not null

),

victimisations as (

    select
        victims.person_ref,
        victims.crime_ref,
        crimes.occurred_on
    from victims
    inner join crimes
        on victims.crime_ref = crimes.crime_ref

),

involvements as (

    select
        person_ref,
        occurred_on,
        1 as victimisation,
        0 as offending
    from victimisations

    union all

    select
        offenders.person_ref,
        crimes.occurred_on,
        0 as victimisation,
        1 as offending
    from offenders
    inner join crimes
        on offenders.crime_ref = crimes.crime_ref

),

final as (

    select
        victimisations.person_ref,
        victimisations.crime_ref,
        {% for kind in ['victimisation', 'offending'] -%}
        {% set last_kind = loop.last -%}
        {% for months in windows -%}
        cast(coalesce(sum(
            case
                when
                    earlier.occurred_on
                    >= {{ months_before('victimisations.occurred_on', months) }}
                    then earlier.{{ kind }}
            end
        ), 0) as integer) as {{ kind }}s_{{ months }}_month{{ 's' if months > 1 }}
        {{- "," if not (loop.last and last_kind) }}
        {% endfor -%}
        {% endfor %}
    from victimisations
    left join involvements as earlier
        on
            victimisations.person_ref = earlier.person_ref
            and victimisations.occurred_on > earlier.occurred_on
            and earlier.occurred_on
            >= {{ months_before('victimisations.occurred_on', windows | last) }}
    group by victimisations.person_ref, victimisations.crime_ref

)

select * from final
