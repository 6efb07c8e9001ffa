with

raw_crimes as (

    select * from {{ source('raw_violent_crime', 'crimes') }}

),

final as (

    select
        delivery,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        {{ read_date('occurred_on') }} as occurred_on,
        {{ upper_text('section') }} as section,
        {{ upper_text('offence_type') }} as offence_type,
        {{ unpadded_code('clear_up_code') }} as clear_up_code,
        {{ read_date('cleared_up_on') }} as cleared_up_on,
        {{ clean_text('filing_reason') }} as filing_reason,
        {{ clean_text('incident_ref') }} as incident_ref,
        {{ unpadded_code('injury_code') }} as injury_code,
        {{ clean_text('hate_flag') }} as hate_flag,
        {{ read_yes_no('firearm') }} as firearm,
        {{ read_yes_no('knife') }} as knife,
        {{ read_yes_no('other_weapon') }} as other_weapon,
        {{ read_yes_no('daily_bulletin') }} as daily_bulletin,
        {{ read_yes_no('officer_on_duty') }} as officer_on_duty,
        {{ upper_text('uniform_cid') }} as uniform_cid,
        {{ upper_text('offender_unknown') }} as offender_unknown,
        {{ read_integer('report_method') }} as report_method,
        {{ upper_text('npu') }} as npu,
        {{ first_problem([
            missing('crime_ref'),
            missing('occurred_on'),
            not_a_date('occurred_on'),
            missing('section'),
            not_a_date('cleared_up_on'),
            not_yes_no('firearm'),
            not_yes_no('knife'),
            not_yes_no('other_weapon'),
            not_yes_no('daily_bulletin'),
            not_yes_no('officer_on_duty'),
            (
                "coalesce(" ~ upper_text('offender_unknown') ~ ", 'D')"
                ~ " not in ('Y', 'N', 'D')",
                'not_yes_no_unknown offender_unknown',
            ),
            not_a_whole_number('report_method'),
        ]) }} as row_problem
    from raw_crimes

)

select * from final
