{{ config(alias='withdrawal_maturity') }}
with

released as (

    select
        recorded_month,
        delivery,
        months_since,
        {{ released('cases_and_pending', 'cases_and_pending_key') }}
            as cases_and_pending,
        {{ released('pending', 'pending_key') }} as pending,
        {{ released('withdrawals', 'withdrawals_key') }} as withdrawals
    from {{ ref('withdrawal_maturity') }}

),

final as (

    select
        *,
        {{ released_share('withdrawals', 'cases_and_pending') }} as rate_with_pending,
        -- Fewer than 10 pending cases are counted as 5.
        {{ released_share(
            'withdrawals', '(cases_and_pending - coalesce(pending, 5))'
        ) }} as rate_without_pending,
        {{ fewer_than_10(['cases_and_pending', 'pending', 'withdrawals']) }}
            as fewer_than_10
    from released

)

select * from final
