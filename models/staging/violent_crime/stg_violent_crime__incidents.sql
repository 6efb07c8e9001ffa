with

raw_incidents as (

    select * from {{ source('raw_violent_crime', 'incidents') }}

),

final as (

    select
        delivery,
        line_no,
        {{ clean_text('incident_ref') }} as incident_ref,
        {{ read_date('received_on') }} as received_on,
        {{ upper_text('response_code') }} as response_code,
        {{ read_number('response_minutes') }} as response_minutes,
        {{ read_number('deployment_minutes') }} as deployment_minutes,
        {{ read_integer('officers') }} as officers,
        {{ first_problem([
            missing('incident_ref'),
            missing('received_on'),
            not_a_date('received_on'),
            not_a_number_from_zero('response_minutes'),
            not_a_number_from_zero('deployment_minutes'),
            not_a_whole_number_from_zero('officers'),
        ]) }} as row_problem
    from raw_incidents

)

select * from final
