with

raw_flags as (

    select * from {{ source('raw_cris', 'flags') }}
    where {{ is_taken(clean_text('crime_ref')) }}

),

final as (

    select
        'cris' as source_system,
        delivery,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        {{ clean_text('flag') }} as flag,
        {{ first_problem([missing('crime_ref'), missing('flag')]) }}
            as row_problem
    from raw_flags

)

select * from final
