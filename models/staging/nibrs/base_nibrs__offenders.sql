-- One row per offender with its codes read; offender 0 (unknown) is kept, marked.
with

offenders as (

    select * from {{ source('raw_nibrs', 'offender') }}

),

age_codes as (

    select * from {{ source('raw_nibrs', 'age') }}

),

ages as (

    select * from {{ ref('nibrs_ages') }}

),

final as (

    select
        offenders.delivery,
        offenders.line_no,
        offenders.offender_id,
        offenders.incident_id,
        offenders.offender_seq_num,
        {{ read_integer('offenders.offender_seq_num') }} as suspect_no,
        coalesce({{ read_integer('offenders.offender_seq_num') }} != 0, true)
            as is_recorded,
        {{ read_nibrs_sex('offenders.sex_code') }} as sex,
        {{ read_nibrs_age('offenders', 'ages') }} as age_at_report,
        {{ is_nibrs_age_unreadable('offenders', 'ages') }} as is_age_unreadable,
        offenders.race_id
    from offenders
    left join age_codes
        on
            offenders.delivery = age_codes.delivery
            and offenders.age_id = age_codes.age_id
    left join ages
        on coalesce(age_codes.age_code, offenders.age_num) = ages.age_code

)

select * from final
