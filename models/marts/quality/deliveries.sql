with

deliveries as (

    select * from {{ source('raw', 'deliveries') }}

),

final as (

    select
        source_system,
        delivery,
        extract,
        file_name,
        delivered_rows,
        sha256,
        is_simulated,
        notes
    from deliveries

)

select * from final
