-- One row per offence in the vocabulary of the extracts. Simple assault is split by
-- whether a person was injured in it, and an offence against an officer is named so.
with

offence_codes as (

    select * from {{ ref('base_nibrs__offence_codes') }}

),

victim_offenses as (

    select * from {{ source('raw_nibrs', 'victim_offense') }}

),

victims as (

    select * from {{ ref('base_nibrs__victims') }}

),

lookup as (

    select * from {{ ref('nibrs_offences') }}

),

locations as (

    select * from {{ source('raw_nibrs', 'location_type') }}

),

venues as (

    select * from {{ ref('nibrs_locations') }}

),

person_victims as (

    select
        victim_offenses.delivery,
        victim_offenses.offense_id,
        max(victims.is_injured) as is_injured,
        max(victims.victim_type_code = 'L') as is_officer
    from victim_offenses
    inner join victims
        on
            victim_offenses.delivery = victims.delivery
            and victim_offenses.victim_id = victims.victim_id
    where victims.is_person
    group by victim_offenses.delivery, victim_offenses.offense_id

),

with_victims as (

    select
        offence_codes.*,
        coalesce(person_victims.is_officer, false) as is_officer,
        case
            when person_victims.offense_id is null then 'no person victim'
            when person_victims.is_injured then 'injured'
            else 'not injured'
        end as victim_injury
    from offence_codes
    left join person_victims
        on
            offence_codes.delivery = person_victims.delivery
            and offence_codes.offense_id = person_victims.offense_id

),

final as (

    select
        with_victims.delivery,
        with_victims.line_no,
        with_victims.incident_id,
        with_victims.offense_id,
        with_victims.offense_code,
        with_victims.victim_injury,
        lookup.major_crime,
        lookup.minor_crime,
        case
            when lookup.offense_code is null then with_victims.offense_name
            when with_victims.is_officer
                then coalesce(lookup.offence_against_officer, lookup.offence)
            else lookup.offence
        end as offence,
        lookup.seriousness_rank,
        coalesce(lookup.is_crime, true) as is_crime,
        lookup.raw_flag,
        {{ nibrs_lookup(
            'venues', 'location_code', 'raw_venue_type', 'locations.location_name'
        ) }} as venue_type
    from with_victims
    left join lookup
        on
            with_victims.offense_code = lookup.offense_code
            and lookup.victim_injury in ('any', with_victims.victim_injury)
    left join locations
        on
            with_victims.delivery = locations.delivery
            and with_victims.location_id = locations.location_id
    left join venues
        on locations.location_code = venues.location_code

)

select * from final
