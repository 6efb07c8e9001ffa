with

raw_features as (

    select * from {{ source('raw_cris', 'knife_crime_features') }}
    where {{ is_taken(clean_text('crime_ref')) }}

),

final as (

    select
        'cris' as source_system,
        delivery,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        {{ clean_text('feature') }} as feature,
        {{ first_problem([missing('crime_ref'), missing('feature')]) }}
            as row_problem
    from raw_features

)

select * from final
