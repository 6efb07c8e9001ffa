with

reconciliation as (

    select * from {{ ref('force_reconciliation') }}

),

final as (

    select
        delivery,
        is_whole_year,
        relative_difference
    from reconciliation

)

select * from final
