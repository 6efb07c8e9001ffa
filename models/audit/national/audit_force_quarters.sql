with

force_quarters as (

    select
        *,
        offences - pending as assigned
    from {{ ref('int_national__force_quarters') }}

),

final as (

    select
        delivery,
        is_expected,
        offences,
        case when offences > 0 then cast(pending as double) / offences end
            as pending_share,
        case
            when assigned > 0 and untracked_outcomes is not null
                then greatest(
                        cast(assigned - untracked_outcomes as double) / assigned, 0e0
                    )
        end as untracked_share
    from force_quarters

)

select * from final
