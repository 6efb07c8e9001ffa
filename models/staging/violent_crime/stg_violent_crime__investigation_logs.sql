with

raw_investigation_logs as (

    select * from {{ source('raw_violent_crime', 'investigation_logs') }}

),

final as (

    select
        delivery,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        {{ read_integer('log_no') }} as log_no,
        {{ read_date('logged_on') }} as logged_on,
        {{ clean_text('officer_ref') }} as officer_ref,
        {{ first_problem([
            missing('crime_ref'),
            missing('log_no'),
            not_a_number_from_one('log_no'),
            missing('logged_on'),
            not_a_date('logged_on'),
            missing('officer_ref'),
        ]) }} as row_problem
    from raw_investigation_logs

)

select * from final
