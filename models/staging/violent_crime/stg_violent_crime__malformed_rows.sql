with

raw_malformed_rows as (

    select * from {{ source('raw_violent_crime', 'malformed_rows') }}

),

final as (

    select
        delivery,
        extract,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        reason
    from raw_malformed_rows

)

select * from final
