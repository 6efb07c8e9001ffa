with

raw_outcomes as (

    select * from {{ source('raw_national', 'domestic_abuse_outcomes') }}

),

final as (

    select
        delivery,
        file_name,
        sheet,
        line_no,
        {{ read_force_name('force_name') }} as raw_force,
        {{ read_date('period_from') }} as period_from,
        {{ read_date('period_to') }} as period_to,
        {{ unpadded_code('outcome_type') }} as outcome_type,
        {{ read_count('outcomes_recorded') }} as outcomes_recorded,
        {{ read_count('offences_recorded') }} as offences_recorded,
        {{ first_problem([
            missing('force_name'),
            missing('period_from'),
            not_a_date('period_from'),
            missing('period_to'),
            not_a_date('period_to'),
            missing('outcome_type'),
            not_a_count('outcomes_recorded'),
            not_a_count('offences_recorded'),
        ]) }} as row_problem
    from raw_outcomes

)

select * from final
