with

raw_thematic_offences as (

    select * from {{ source('raw_national', 'thematic_offences') }}

),

final as (

    select
        delivery,
        file_name,
        sheet,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        {{ read_integer('offence_no') }} as offence_no,
        {{ clean_text('force') }} as raw_force,
        {{ read_date('recorded_on') }} as recorded_on,
        {{ clean_text('crime_type') }} as crime_type,
        {{ clean_text('offence') }} as offence,
        {{ read_yes_no('is_domestic_abuse') }} as is_domestic_abuse,
        {{ normalise_outcome_code('outcome_code') }} as outcome_code,
        {{ first_problem([
            missing('crime_ref'),
            not_a_number_from_one('offence_no'),
            missing('force'),
            missing('recorded_on'),
            not_a_date('recorded_on'),
            not_yes_no('is_domestic_abuse'),
        ]) }} as row_problem
    from raw_thematic_offences

)

select * from final
