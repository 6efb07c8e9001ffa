{{ config(alias='victim_surveys') }}
{%- set counts = ['sent', 'answered'] %}
with

counts as (

    select
        force,
        survey,
        channel,
        {{ calendar_month('first_sent_on') }} as first_month,
        {{ calendar_month('last_sent_on') }} as last_month,
        median_days_after_recording as median_days,
        {{ released_counts(counts) }}
    from {{ ref('victim_surveys') }}

),

final as (

    select
        force,
        survey,
        channel,
        case when sent is not null then first_month end as first_sent_in,
        case when sent is not null then last_month end as last_sent_in,
        {{ counts | join(',\n        ') }},
        {{ released_share('answered', 'sent') }} as response_rate,
        {{ released_bound('answered', 'sent', '-') }} as ci_low,
        {{ released_bound('answered', 'sent', '+') }} as ci_high,
        case when sent is not null then round(median_days) end
            as median_days_after_recording,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from counts

)

select * from final
