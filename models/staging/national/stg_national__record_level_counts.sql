with

raw_counts as (

    select * from {{ source('raw_national', 'record_level_counts') }}

),

final as (

    select
        delivery,
        file_name,
        sheet,
        line_no,
        {{ read_force_name('force_name') }} as raw_force,
        {{ read_integer('publication') }} as publication,
        {{ read_date('published_on') }} as published_on,
        {{ clean_text('population') }} as population,
        {{ read_financial_year('financial_year') }} as financial_year,
        {{ clean_text('crime_type') }} as crime_type,
        {{ read_date('recorded_from') }} as recorded_from,
        {{ read_date('recorded_to') }} as recorded_to,
        {{ read_count('offences') }} as offences,
        {{ read_count('pending') }} as pending,
        {{ read_count('withdrawals') }} as withdrawals,
        {{ read_count('judicial_outcomes') }} as judicial_outcomes,
        {{ first_problem([
            missing('force_name'),
            missing('publication'),
            not_a_whole_number('publication'),
            missing('population'),
            missing('financial_year'),
            unreadable(
                'financial_year', read_financial_year('financial_year'),
                'not_a_financial_year'
            ),
            missing('crime_type'),
            missing('offences'),
            not_a_whole_number_from_zero('offences'),
            missing('pending'),
            not_a_whole_number_from_zero('pending'),
            missing('withdrawals'),
            not_a_whole_number_from_zero('withdrawals'),
            missing('judicial_outcomes'),
            not_a_whole_number_from_zero('judicial_outcomes'),
        ]) }} as row_problem
    from raw_counts

)

select * from final
