with

offenders as (

    select * from {{ ref('base_nibrs__offenders') }}

),

incidents as (

    select * from {{ ref('base_nibrs__incidents') }}

),

races as (

    select * from {{ source('raw_nibrs', 'ref_race') }}

),

ethnic_appearances as (

    select * from {{ ref('nibrs_races') }}

),

relationships as (

    select * from {{ ref('base_nibrs__relationships') }}

),

not_recorded as (

    select * from {{ ref('nibrs_relationships') }}
    where relationship_code = 'not recorded'

),

person_victims as (

    select
        delivery,
        incident_id,
        victim_id,
        row_number() over (
            partition by delivery, incident_id order by victim_no
        ) as person_no
    from {{ ref('base_nibrs__victims') }}
    where is_person

),

final as (

    select
        'nibrs' as source_system,
        offenders.delivery,
        offenders.line_no,
        offenders.incident_id as crime_ref,
        offenders.suspect_no,
        offenders.sex,
        offenders.age_at_report,
        {{ nibrs_lookup(
            'ethnic_appearances', 'race_code', 'raw_ethnic_appearance',
            'races.race_desc'
        ) }} as ethnic_appearance,
        cast(null as string) as self_defined_ethnicity,
        cast(null as string) as nationality,
        cast(null as string) as disability,
        cast(null as string) as pnc_status,
        coalesce(relationships.how_known, not_recorded.raw_how_known) as how_known,
        -- Arrestees are not tied to offenders: with several, the link is unknown.
        case
            when not incidents.has_on_view_arrest then false
            when incidents.offenders = 1 then true
        end as arrested_on_scene,
        case
            when not incidents.has_arrest then false
            when incidents.offenders = 1 then true
        end as arrested,
        cast(null as boolean) as interviewed,
        case when not offenders.is_recorded then 'offender is unknown' end
            as set_aside_reason,
        {{ first_problem([
            ('offenders.incident_id is null', 'missing crime_ref'),
            ('offenders.offender_seq_num is null', 'missing suspect_no'),
            (
                'coalesce(offenders.suspect_no, -1) < 0',
                'not_a_whole_number_from_zero suspect_no',
            ),
            ('offenders.is_age_unreadable', 'not_a_whole_number age_at_report'),
        ]) }} as row_problem
    from offenders
    left join incidents
        on
            offenders.delivery = incidents.delivery
            and offenders.incident_id = incidents.incident_id
    left join races
        on
            offenders.delivery = races.delivery
            and offenders.race_id = races.race_id
    left join ethnic_appearances
        on races.race_code = ethnic_appearances.race_code
    left join person_victims
        on
            offenders.delivery = person_victims.delivery
            and offenders.incident_id = person_victims.incident_id
            and person_victims.person_no = 1
    left join relationships
        on
            offenders.delivery = relationships.delivery
            and offenders.offender_id = relationships.offender_id
            and person_victims.victim_id = relationships.victim_id
    cross join not_recorded

)

select * from final
