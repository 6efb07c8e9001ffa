with

raw_victims as (

    select * from {{ source('raw_violent_crime', 'victims') }}

),

final as (

    select
        delivery,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        {{ read_integer('victim_no') }} as victim_no,
        {{ clean_text('person_ref') }} as person_ref,
        {{ upper_text('sex') }} as sex,
        {{ read_integer('age') }} as age,
        {{ upper_text('self_defined_ethnicity') }} as self_defined_ethnicity,
        {{ read_yes_no('is_police_officer') }} as is_police_officer,
        {{ read_yes_no('informed') }} as informed,
        {{ unpadded_code('informed_method') }} as informed_method,
        {{ read_date('informed_on') }} as informed_on,
        {{ upper_text('victim_code') }} as victim_code,
        {{ read_yes_no('victim_support') }} as victim_support,
        {{ read_yes_no('support_discussed') }} as support_discussed,
        {{ first_problem([
            missing('crime_ref'),
            missing('victim_no'),
            not_a_number_from_one('victim_no'),
            not_a_whole_number('age'),
            not_yes_no('is_police_officer'),
            not_yes_no('informed'),
            not_a_date('informed_on'),
            not_yes_no('victim_support'),
            not_yes_no('support_discussed'),
        ]) }} as row_problem
    from raw_victims

)

select * from final
