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
        suspects.suspect_ref,
        case
            when decisions.is_stopped then suspects.decision_reason is null
            when finalisations.is_stopped then suspects.finalisation_reason is null
        end as stopped_without_reason,
        suspects.is_domestic_abuse is null as abuse_flag_missing,
        suspects.submission is null as submission_missing,
        not suspects.has_identified_victim as victim_not_flagged,
        greatest(
            suspects.referred_on,
            coalesce(suspects.decided_on, suspects.referred_on),
            coalesce(suspects.finalised_on, suspects.referred_on)
        ) > try_cast(suspects.delivery as date) as dated_after_return
    from suspects
    left join results as decisions
        on decisions.stage = 'pre-charge' and suspects.decision = decisions.result
    left join results as finalisations
        on
            finalisations.stage = 'post-charge'
            and suspects.finalisation = finalisations.result

)

select * from final
