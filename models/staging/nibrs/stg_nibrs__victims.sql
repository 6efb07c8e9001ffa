with

victims as (

    select * from {{ ref('base_nibrs__victims') }}

),

races as (

    select * from {{ source('raw_nibrs', 'ref_race') }}

),

ethnic_appearances as (

    select * from {{ ref('nibrs_races') }}

),

final as (

    select
        'nibrs' as source_system,
        victims.delivery,
        victims.line_no,
        victims.incident_id as crime_ref,
        victims.victim_no,
        victims.sex,
        cast(null as string) as gender,
        victims.age_at_report,
        {{ nibrs_lookup(
            'ethnic_appearances', 'race_code', 'raw_ethnic_appearance',
            'races.race_desc'
        ) }} as ethnic_appearance,
        cast(null as string) as self_defined_ethnicity,
        cast(null as string) as nationality,
        cast(null as string) as disability,
        cast(null as string) as vulnerability,
        victims.injury_degree,
        cast(null as boolean) as reported_cr_last_12_months,
        cast(null as boolean) as cris_repeat_victim,
        cast(null as boolean) as repeat_victim,
        case when not victims.is_person then 'victim is not a person' end
            as set_aside_reason,
        {{ first_problem([
            ('victims.incident_id is null', 'missing crime_ref'),
            ('victims.victim_seq_num is null', 'missing victim_no'),
            (
                'coalesce(victims.victim_no, 0) < 1',
                'not_a_number_from_one victim_no',
            ),
            (
                'victims.victim_type_code is null',
                'not_in_list victim_type_id',
            ),
            ('victims.is_age_unreadable', 'not_a_whole_number age_at_report'),
        ]) }} as row_problem
    from victims
    left join races
        on
            victims.delivery = races.delivery
            and victims.race_id = races.race_id
    left join ethnic_appearances
        on races.race_code = ethnic_appearances.race_code

)

select * from final
