with

raw_audit_samples as (

    select * from {{ source('raw_national', 'audit_samples') }}

),

final as (

    select
        delivery,
        file_name,
        sheet,
        line_no,
        {{ clean_text('sample_ref') }} as sample_ref,
        {{ clean_text('force') }} as raw_force,
        {{ clean_text('audit') }} as audit,
        {{ read_date('audited_on') }} as audited_on,
        {{ lower_text('crime_kind') }} as crime_kind,
        {{ lower_text('gender') }} as gender,
        {{ read_integer('age') }} as age,
        {{ clean_text('ethnicity') }} as ethnicity,
        {{ read_date('need_identified_on') }} as need_identified_on,
        {{ read_date('referred_on') }} as referred_on,
        {{ first_problem([
            missing('sample_ref'),
            missing('force'),
            missing('audit'),
            not_a_date('audited_on'),
            not_a_whole_number_from_zero('age'),
            not_a_date('need_identified_on'),
            not_a_date('referred_on'),
        ]) }} as row_problem
    from raw_audit_samples

)

select * from final
