with

suspects as (

    select * from {{ ref('int_national__cps_suspects_checked') }}
    where is_current and rejection_reason is null

),

results as (

    select * from {{ ref('cps_results') }}

),

final as (

    select
        suspects.delivery,
        try_cast(suspects.delivery as date) as delivered_on,
        suspects.suspect_ref,
        coalesce(decisions.is_stopped, false) or coalesce(finalisations.is_stopped, false)
            as is_stopped,
        case
            when decisions.is_stopped then suspects.decision_reason
            when finalisations.is_stopped then suspects.finalisation_reason
        end as stop_reason,
        suspects.is_domestic_abuse,
        suspects.submission,
        suspects.has_identified_victim,
        greatest(
            suspects.referred_on,
            coalesce(suspects.decided_on, suspects.referred_on),
            coalesce(suspects.finalised_on, suspects.referred_on)
        ) as last_dated_on
    from suspects
    left join results as decisions
        on decisions.stage = 'pre-charge' and suspects.decision = decisions.result
    left join results as finalisations
        on
            finalisations.stage = 'post-charge'
            and suspects.finalisation = finalisations.result

)

select * from final
