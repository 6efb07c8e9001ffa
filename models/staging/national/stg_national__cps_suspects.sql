with

raw_cps_suspects as (

    select * from {{ source('raw_national', 'cps_suspects') }}

),

final as (

    select
        delivery,
        file_name,
        sheet,
        line_no,
        {{ clean_text('suspect_ref') }} as suspect_ref,
        {{ lower_text('cps_area') }} as cps_area,
        {{ clean_text('force') }} as raw_force,
        {{ lower_text('offence_category') }} as offence_category,
        {{ read_yes_no('is_rape_flagged') }} as is_rape_flagged,
        {{ read_yes_no('is_domestic_abuse') }} as is_domestic_abuse,
        {{ read_yes_no('has_identified_victim') }} as has_identified_victim,
        {{ lower_text('submission') }} as submission,
        {{ read_date('referred_on') }} as referred_on,
        {{ read_date('decided_on') }} as decided_on,
        {{ lower_text('decision') }} as decision,
        {{ lower_text('decision_reason') }} as decision_reason,
        {{ read_date('finalised_on') }} as finalised_on,
        {{ lower_text('finalisation') }} as finalisation,
        {{ lower_text('finalisation_reason') }} as finalisation_reason,
        {{ first_problem([
            missing('suspect_ref'),
            missing('cps_area'),
            missing('force'),
            missing('offence_category'),
            not_yes_no('is_rape_flagged'),
            not_yes_no('is_domestic_abuse'),
            missing('has_identified_victim'),
            not_yes_no('has_identified_victim'),
            missing('referred_on'),
            not_a_date('referred_on'),
            not_a_date('decided_on'),
            not_a_date('finalised_on'),
        ]) }} as row_problem
    from raw_cps_suspects

)

select * from final
