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
        case when is_expected then offences is null end as force_quarter_missing,
        case when offences is not null then not is_expected end
            as force_quarter_unexpected,
        case when offences > 0 then cast(pending as double) / offences end
            as outcomes_mostly_pending,
        case
            when assigned > 0 and untracked_outcomes is not null
                then greatest(
                        cast(assigned - untracked_outcomes as double) / assigned, 0e0
                    )
        end as outcomes_recorded_incomplete
    from force_quarters

)

select * from final
