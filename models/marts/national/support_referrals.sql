{%- set z = var('interval_z') -%}
-- noqa: disable=LT02
with

samples as (

    select * from {{ ref('int_national__audit_samples_described') }}

),

limits as (

    select
        audit,
        days_allowed
    from {{ ref('victims_code_questions') }}
    where days_allowed is not null

),

referrals as (

    select
        samples.*,
        limits.days_allowed,
        samples.days_to_referral <= limits.days_allowed as is_in_time
    from samples
    inner join limits
        on samples.audit = limits.audit

),

counts as (

    {% for dimension, category in audit_sample_dimensions() -%}
    select
        audit,
        force,
        '{{ dimension }}' as dimension,
        {{ category }} as category,
        days_allowed,
        count(*) as samples,
        {{ cell_key() }} as samples_key,
        count(need_identified_on) as needs,
        {{ cell_key(condition='need_identified_on is not null') }} as needs_key,
        count(case when is_in_time then 1 end) as referred_in_time,
        {{ cell_key(condition='is_in_time') }} as referred_in_time_key,
        count(case when not is_in_time then 1 end) as referred_late,
        {{ cell_key(condition='not is_in_time') }} as referred_late_key,
        count(need_identified_on) - count(referred_on) as never_referred,
        {{ cell_key(
            condition='need_identified_on is not null and referred_on is null'
        ) }} as never_referred_key,
        cast(
            percentile_cont(0.5) within group (order by days_to_referral) as double
        ) as median_days
    from referrals
    group by audit, force, days_allowed, {{ category }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

shares as (

    select
        *,
        case when needs > 0 then cast(referred_in_time as double) / needs end as share
    from counts

),

final as (

    select
        audit,
        force,
        dimension,
        category,
        days_allowed,
        samples,
        samples_key,
        needs,
        needs_key,
        referred_in_time,
        referred_in_time_key,
        referred_late,
        referred_late_key,
        never_referred,
        never_referred_key,
        share as in_time_share,
        case when needs > 0 then {{ wilson_bound('share', 'needs', z, '-') }} end
            as ci_low,
        case when needs > 0 then {{ wilson_bound('share', 'needs', z, '+') }} end
            as ci_high,
        cast(referred_late as double) / samples as late_share_of_samples,
        cast(never_referred as double) / samples as never_share_of_samples,
        median_days
    from shares

)

select * from final
