with

reconciliation as (

    select * from {{ ref('force_reconciliation') }}

),

final as (

    select
        delivery,
        case when is_whole_year then abs(relative_difference) end
            as record_level_differs
    from reconciliation

)

select * from final
