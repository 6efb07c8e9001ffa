-- A later delivery replaces the offence; a repeated key rejects every row that has it.
with

offences as (

    select
        rows_staged.*,
        force_names.force
    from {{ ref('stg_national__thematic_offences') }} as rows_staged
    left join {{ ref('force_names') }} as force_names
        on
            {{ match_key('rows_staged.raw_force') }}
            = {{ match_key('force_names.raw_force') }}

),

outcome_code_list as (

    select distinct {{ match_key('outcome_code') }} as listed
    from {{ ref('outcome_codes') }}

),

latest as (

    select
        crime_ref,
        offence_no,
        max(delivery) as latest_delivery
    from offences
    group by crime_ref, offence_no

),

repeated_keys as (

    select
        delivery,
        crime_ref,
        offence_no
    from offences
    group by delivery, crime_ref, offence_no
    having count(*) > 1

),

final as (

    select
        offences.*,
        coalesce(offences.delivery = latest.latest_delivery, false) as is_current,
        case
            when offences.row_problem is not null then offences.row_problem
            when offences.raw_force is not null and offences.force is null
                then 'not_in_forces force'
            when offences.outcome_code is not null and outcome_code_list.listed is null
                then 'not_in_list outcome_code'
            when repeated_keys.delivery is not null then 'key_repeated'
        end as rejection_reason
    from offences
    left join outcome_code_list
        on {{ match_key('offences.outcome_code') }} = outcome_code_list.listed
    left join latest
        on
            offences.crime_ref = latest.crime_ref
            and offences.offence_no = latest.offence_no
    left join repeated_keys
        on
            offences.delivery = repeated_keys.delivery
            and offences.crime_ref = repeated_keys.crime_ref
            and offences.offence_no = repeated_keys.offence_no

)

select * from final
