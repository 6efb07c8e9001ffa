{%- set z = var('interval_z') -%}
with

surveys as (

    select * from {{ ref('int_national__victim_surveys_described') }}

),

counts as (

    select
        force,
        survey,
        channel,
        min(sent_on) as first_sent_on,
        max(sent_on) as last_sent_on,
        count(*) as sent,
        {{ cell_key() }} as sent_key,
        count(case when is_answered then 1 end) as answered,
        {{ cell_key(condition='is_answered') }} as answered_key,
        cast(
            percentile_cont(0.5) within group (order by days_after_recording)
            as double
        ) as median_days_after_recording
    from surveys
    group by force, survey, channel

),

rates as (

    select
        *,
        cast(answered as double) / sent as rate
    from counts

),

final as (

    select
        force,
        survey,
        channel,
        first_sent_on,
        last_sent_on,
        sent,
        sent_key,
        answered,
        answered_key,
        rate as response_rate,
        {{ wilson_bound('rate', 'sent', z, '-') }} as ci_low,
        {{ wilson_bound('rate', 'sent', z, '+') }} as ci_high,
        median_days_after_recording
    from rates

)

select * from final
