-- Rows of the wrong width, found by the loader; only text files can hold them.
with

malformed_rows as (

    select * from {{ source('raw_cris', 'malformed_rows') }}

),

final as (

    select
        delivery,
        extract,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        reason
    from malformed_rows

)

select * from final
