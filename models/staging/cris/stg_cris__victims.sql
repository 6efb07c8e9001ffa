with

raw_victims as (

    select * from {{ source('raw_cris', 'victims') }}
    where {{ is_taken(clean_text('crime_ref')) }}

),

final as (

    select
        'cris' as source_system,
        delivery,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        {{ read_integer('victim_no') }} as victim_no,
        {{ clean_text('sex') }} as sex,
        {{ clean_text('gender') }} as gender,
        {{ read_integer('age_at_report') }} as age_at_report,
        {{ clean_text('ethnic_appearance') }} as ethnic_appearance,
        {{ clean_text('self_defined_ethnicity') }} as self_defined_ethnicity,
        {{ clean_text('nationality') }} as nationality,
        {{ clean_text('disability') }} as disability,
        {{ clean_text('vulnerability') }} as vulnerability,
        {{ clean_text('injury_degree') }} as injury_degree,
        {{ read_yes_no('reported_cr_last_12_months') }}
            as reported_cr_last_12_months,
        {{ read_yes_no('cris_repeat_victim') }} as cris_repeat_victim,
        {{ read_yes_no('repeat_victim') }} as repeat_victim,
        cast(null as string) as set_aside_reason,
        {{ first_problem([
            missing('crime_ref'),
            missing('victim_no'),
            not_a_number_from_one('victim_no'),
            not_a_whole_number('age_at_report'),
            not_yes_no('reported_cr_last_12_months'),
            not_yes_no('cris_repeat_victim'),
            not_yes_no('repeat_victim'),
        ]) }} as row_problem
    from raw_victims

)

select * from final
