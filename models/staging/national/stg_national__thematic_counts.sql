with

raw_thematic_counts as (

    select * from {{ source('raw_national', 'thematic_counts') }}

),

final as (

    select
        delivery,
        file_name,
        sheet,
        line_no,
        {{ clean_text('force') }} as raw_force,
        {{ read_date('period_from') }} as period_from,
        {{ read_date('period_to') }} as period_to,
        {{ lower_text('thematic_area') }} as thematic_area,
        {{ read_integer('offences') }} as offences,
        {{ read_integer('outcome_16') }} as outcome_16,
        {{ read_number('printed_share') }} as printed_share,
        cast(case
            when {{ clean_text('printed_share') }} like '%.%'
                then length(split_part({{ clean_text('printed_share') }}, '.', 2))
            when {{ clean_text('printed_share') }} is not null then 0
        end as integer) as printed_decimals,
        coalesce(
            {{ clean_text('period_from') }} || ' to ' || {{ clean_text('period_to') }},
            'not stated'
        ) as period,
        {{ first_problem([
            missing('force'),
            not_a_date('period_from'),
            not_a_date('period_to'),
            missing('thematic_area'),
            missing('offences'),
            not_a_whole_number_from_zero('offences'),
            missing('outcome_16'),
            not_a_whole_number_from_zero('outcome_16'),
            not_a_number_from_zero('printed_share'),
        ]) }} as row_problem
    from raw_thematic_counts

)

select * from final
