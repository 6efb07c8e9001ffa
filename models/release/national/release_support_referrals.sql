{{ config(alias='support_referrals') }}
{%- set counts = [
    'samples', 'needs', 'referred_in_time', 'referred_late', 'never_referred'
] %}
with

counts as (

    select
        audit,
        force,
        dimension,
        category,
        days_allowed,
        median_days as median_days_of_all,
        {{ released_counts(counts) }}
    from {{ ref('support_referrals') }}

),

final as (

    select
        audit,
        force,
        dimension,
        category,
        days_allowed,
        {{ counts | join(',\n        ') }},
        {{ released_share('referred_in_time', 'needs') }} as in_time_share,
        {{ released_bound('referred_in_time', 'needs', '-') }} as ci_low,
        {{ released_bound('referred_in_time', 'needs', '+') }} as ci_high,
        {{ released_share('referred_late', 'samples') }} as late_share_of_samples,
        {{ released_share('never_referred', 'samples') }} as never_share_of_samples,
        case
            when coalesce(referred_in_time, referred_late) is not null
                then round(median_days_of_all)
        end as median_days,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from counts

)

select * from final
