-- One row per victim with its codes read; a business or society is kept, marked.
with

victims as (

    select * from {{ source('raw_nibrs', 'victim') }}

),

victim_types as (

    select * from {{ source('raw_nibrs', 'victim_type') }}

),

age_codes as (

    select * from {{ source('raw_nibrs', 'age') }}

),

ages as (

    select * from {{ ref('nibrs_ages') }}

),

injuries as (

    select * from {{ ref('base_nibrs__victim_injuries') }}

),

final as (

    select
        victims.delivery,
        victims.line_no,
        victims.victim_id,
        victims.incident_id,
        victims.victim_seq_num,
        {{ read_integer('victims.victim_seq_num') }} as victim_no,
        victim_types.victim_type_code,
        coalesce(victim_types.victim_type_code in ('I', 'L'), false) as is_person,
        {{ read_nibrs_sex('victims.sex_code') }} as sex,
        {{ read_nibrs_age('victims', 'ages') }} as age_at_report,
        {{ is_nibrs_age_unreadable('victims', 'ages') }} as is_age_unreadable,
        victims.race_id,
        injuries.injury_degree,
        coalesce(injuries.is_injured, false) as is_injured
    from victims
    left join victim_types
        on
            victims.delivery = victim_types.delivery
            and victims.victim_type_id = victim_types.victim_type_id
    left join age_codes
        on
            victims.delivery = age_codes.delivery
            and victims.age_id = age_codes.age_id
    left join ages
        on coalesce(age_codes.age_code, victims.age_num) = ages.age_code
    left join injuries
        on
            victims.delivery = injuries.delivery
            and victims.victim_id = injuries.victim_id

)

select * from final
