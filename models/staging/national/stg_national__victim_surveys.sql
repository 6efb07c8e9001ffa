with

raw_victim_surveys as (

    select * from {{ source('raw_national', 'victim_surveys') }}

),

final as (

    select
        delivery,
        file_name,
        sheet,
        line_no,
        {{ clean_text('survey_ref') }} as survey_ref,
        {{ clean_text('force') }} as raw_force,
        {{ clean_text('survey') }} as survey,
        {{ lower_text('channel') }} as channel,
        {{ clean_text('department') }} as department,
        {{ clean_text('incident_type') }} as incident_type,
        {{ clean_text('place') }} as place,
        {{ read_date('recorded_on') }} as recorded_on,
        {{ read_date('sent_on') }} as sent_on,
        {{ read_integer('sent_hour') }} as sent_hour,
        {{ read_date('responded_on') }} as responded_on,
        {{ lower_text('outcome') }} as outcome,
        {{ read_yes_no('is_satisfied') }} as is_satisfied,
        {{ read_yes_no('has_free_text') }} as has_free_text,
        {{ lower_text('gender') }} as gender,
        {{ read_integer('age') }} as age,
        {{ clean_text('ethnicity') }} as ethnicity,
        {{ lower_text('disposal') }} as disposal,
        {{ lower_text('vulnerability') }} as vulnerability,
        {{ read_integer('service_aspects') }} as service_aspects,
        {{ first_problem([
            missing('survey_ref'),
            missing('force'),
            missing('survey'),
            missing('channel'),
            not_a_date('recorded_on'),
            missing('sent_on'),
            not_a_date('sent_on'),
            not_a_whole_number_from_zero('sent_hour'),
            not_a_date('responded_on'),
            not_yes_no('is_satisfied'),
            not_yes_no('has_free_text'),
            not_a_whole_number_from_zero('age'),
            not_a_whole_number_from_zero('service_aspects'),
        ]) }} as row_problem
    from raw_victim_surveys

)

select * from final
