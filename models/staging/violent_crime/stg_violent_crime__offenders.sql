with

raw_offenders as (

    select * from {{ source('raw_violent_crime', 'offenders') }}

),

final as (

    select
        delivery,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        {{ read_integer('offender_no') }} as offender_no,
        {{ clean_text('person_ref') }} as person_ref,
        {{ upper_text('sex') }} as sex,
        {{ read_integer('age') }} as age,
        {{ first_problem([
            missing('crime_ref'),
            missing('offender_no'),
            not_a_number_from_one('offender_no'),
            not_a_whole_number('age'),
        ]) }} as row_problem
    from raw_offenders

)

select * from final
