with

raw_malformed_rows as (

    select * from {{ source('raw_national', 'malformed_rows') }}

),

final as (

    select
        extract,
        delivery,
        file_name,
        sheet,
        line_no,
        reason
    from raw_malformed_rows

)

select * from final
