-- A knife among an offence's weapons; used to injure where a person was injured in it.
with

weapons as (

    select * from {{ source('raw_nibrs', 'weapon') }}

),

weapon_types as (

    select * from {{ source('raw_nibrs', 'weapon_type') }}

),

knives as (

    select * from {{ ref('nibrs_weapons') }}

),

offences as (

    select * from {{ ref('base_nibrs__offences') }}

),

final as (

    select
        'nibrs' as source_system,
        weapons.delivery,
        weapons.line_no,
        offences.incident_id as crime_ref,
        knives.raw_feature as feature,
        {{ first_problem([('offences.incident_id is null', 'missing crime_ref')]) }}
            as row_problem
    from weapons
    inner join weapon_types
        on
            weapons.delivery = weapon_types.delivery
            and weapons.weapon_id = weapon_types.weapon_id
    left join offences
        on
            weapons.delivery = offences.delivery
            and weapons.offense_id = offences.offense_id
    inner join knives
        on
            weapon_types.weapon_code = knives.weapon_code
            and coalesce(offences.victim_injury, 'not injured') = knives.victim_injury

)

select * from final
