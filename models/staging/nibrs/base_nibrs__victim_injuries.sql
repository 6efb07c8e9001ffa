-- One row per injured or killed victim, or one recorded as uninjured: the most serious
-- injury recorded. NIBRS records none for homicide: there the offence implies it.
with

victim_injuries as (

    select * from {{ source('raw_nibrs', 'victim_injury') }}

),

injuries as (

    select * from {{ source('raw_nibrs', 'injury') }}

),

victim_offenses as (

    select * from {{ source('raw_nibrs', 'victim_offense') }}

),

offence_codes as (

    select * from {{ ref('base_nibrs__offence_codes') }}

),

degrees as (

    select * from {{ ref('nibrs_injuries') }}

),

coded as (

    select
        victim_injuries.delivery,
        victim_injuries.victim_id,
        'injury' as code_table,
        injuries.injury_code as code,
        injuries.injury_name
    from victim_injuries
    inner join injuries
        on
            victim_injuries.delivery = injuries.delivery
            and victim_injuries.injury_id = injuries.injury_id

    union all

    select
        victim_offenses.delivery,
        victim_offenses.victim_id,
        'offense_type' as code_table,
        offence_codes.offense_code as code,
        cast(null as string) as injury_name
    from victim_offenses
    inner join offence_codes
        on
            victim_offenses.delivery = offence_codes.delivery
            and victim_offenses.offense_id = offence_codes.offense_id

),

ranked as (

    select
        coded.delivery,
        coded.victim_id,
        {{ nibrs_lookup('degrees', 'code', 'raw_injury_degree', 'coded.injury_name') }}
            as injury_degree,
        coalesce(degrees.is_injured, true) as is_injured,
        row_number() over (
            partition by coded.delivery, coded.victim_id
            order by coalesce(degrees.severity_rank, 0), coded.code
        ) as injury_no
    from coded
    left join degrees
        on coded.code_table = degrees.code_table and coded.code = degrees.code
    where coded.code_table = 'injury' or degrees.code is not null

),

final as (

    select
        delivery,
        victim_id,
        injury_degree,
        is_injured
    from ranked
    where injury_no = 1

)

select * from final
