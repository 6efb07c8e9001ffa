-- One row per offence: files up to 2020 name its code by an id of the same delivery.
with

offenses as (

    select * from {{ source('raw_nibrs', 'offense') }}

),

offense_types as (

    select * from {{ source('raw_nibrs', 'offense_type') }}

),

final as (

    select
        offenses.delivery,
        offenses.line_no,
        offenses.incident_id,
        offenses.offense_id,
        offenses.location_id,
        offense_types.offense_name,
        coalesce(
            {{ clean_text('offenses.offense_code') }},
            {{ clean_text('offense_types.offense_code') }}
        ) as offense_code
    from offenses
    left join offense_types
        on
            offenses.delivery = offense_types.delivery
            and (
                offenses.offense_code = offense_types.offense_code
                or (
                    offenses.offense_code is null
                    and offenses.offense_type_id = offense_types.offense_type_id
                )
            )

)

select * from final
