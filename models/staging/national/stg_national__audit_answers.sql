with

raw_audit_answers as (

    select * from {{ source('raw_national', 'audit_answers') }}

),

final as (

    select
        delivery,
        file_name,
        sheet,
        line_no,
        {{ clean_text('sample_ref') }} as sample_ref,
        {{ lower_text('question_code') }} as question_code,
        {{ lower_text('answer') }} as answer,
        {{ lower_text('no_reason') }} as no_reason,
        {{ first_problem([
            missing('sample_ref'),
            missing('question_code'),
            missing('answer'),
        ]) }} as row_problem
    from raw_audit_answers

)

select * from final
