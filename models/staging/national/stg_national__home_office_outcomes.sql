with

raw_outcomes as (

    select * from {{ source('raw_national', 'home_office_outcomes') }}

),

final as (

    select
        delivery,
        file_name,
        sheet,
        line_no,
        {{ read_financial_year('financial_year') }} as financial_year,
        {{ read_quarter('financial_quarter') }} as financial_quarter,
        {{ read_force_name('force_name') }} as raw_force,
        {{ clean_text('offence_description') }} as offence,
        {{ without_footnotes('offence_group') }} as raw_crime_group,
        {{ without_footnotes('offence_subgroup') }} as raw_crime_type,
        {{ upper_text('offence_code') }} as offence_code,
        {{ unpadded_code('outcome_type') }} as outcome_type,
        {{ read_count('tracked_outcomes') }} as tracked_outcomes,
        {{ read_count('untracked_outcomes') }} as untracked_outcomes,
        {{ first_problem([
            missing('financial_year'),
            unreadable(
                'financial_year', read_financial_year('financial_year'),
                'not_a_financial_year'
            ),
            missing('financial_quarter'),
            unreadable(
                'financial_quarter', read_quarter('financial_quarter'),
                'not_a_quarter'
            ),
            missing('force_name'),
            missing('offence_code'),
            missing('outcome_type'),
            not_a_count('tracked_outcomes'),
            not_a_count('untracked_outcomes'),
        ]) }} as row_problem
    from raw_outcomes

)

select * from final
