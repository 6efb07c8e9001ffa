-- Suspects awaiting a decision today are those of the latest return.
with

suspects as (

    select * from {{ ref('int_national__cps_suspects_checked') }}
    where rejection_reason is null

),

latest as (

    select max(delivery) as latest_delivery
    from suspects

),

limits as (

    select days as limit_days
    from {{ ref('prosecution_delay_limits') }}
    where is_allocation_limit

),

awaiting as (

    select
        suspects.force,
        suspects.record_key,
        coalesce(suspects.is_rape_flagged, false) as is_rape,
        coalesce(suspects.submission, 'not recorded') as submission,
        suspects.delivery,
        limits.limit_days,
        {{ days_between(
            'suspects.referred_on', 'try_cast(suspects.delivery as date)'
        ) }} as waited_days
    from suspects
    inner join latest
        on suspects.delivery = latest.latest_delivery
    cross join limits
    where suspects.decision is null

),

offences as (

    select
        *,
        'All crime' as offence
    from awaiting

    union all

    select
        *,
        'Rape' as offence
    from awaiting
    where is_rape

),

final as (

    select
        force,
        offence,
        submission,
        delivery,
        limit_days,
        count(*) as awaiting,
        {{ cell_key() }} as awaiting_key,
        count(case when waited_days > limit_days then 1 end) as overdue,
        {{ cell_key(condition='waited_days > limit_days') }} as overdue_key,
        min(case when waited_days > limit_days then waited_days end)
            as least_overdue_days,
        max(case when waited_days > limit_days then waited_days end)
            as most_overdue_days
    from offences
    group by force, offence, submission, delivery, limit_days

)

select * from final
