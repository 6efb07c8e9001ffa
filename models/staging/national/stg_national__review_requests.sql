with

raw_review_requests as (

    select * from {{ source('raw_national', 'review_requests') }}

),

final as (

    select
        delivery,
        file_name,
        sheet,
        line_no,
        {{ clean_text('review_ref') }} as review_ref,
        {{ clean_text('force') }} as raw_force,
        {{ lower_text('ground') }} as ground,
        {{ read_date('requested_on') }} as requested_on,
        {{ read_date('decided_on') }} as decided_on,
        {{ read_yes_no('is_upheld') }} as is_upheld,
        {{ first_problem([
            missing('review_ref'),
            missing('force'),
            missing('ground'),
            missing('requested_on'),
            not_a_date('requested_on'),
            not_a_date('decided_on'),
            not_yes_no('is_upheld'),
        ]) }} as row_problem
    from raw_review_requests

)

select * from final
