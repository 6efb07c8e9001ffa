{%- set z = var('interval_z') -%}
with

requests as (

    select
        *,
        {{ record_key('review_ref') }} as record_key,
        {{ financial_year('requested_on') }} as financial_year
    from {{ ref('int_national__review_requests_checked') }}
    where is_current and rejection_reason is null

),

counts as (

    {% for ground in ["'all'", 'ground'] -%}
    {% set last_ground = loop.last -%}
    {% for period_type, period in [
        ('financial year', 'financial_year'), ('all', "'all'")
    ] -%}
    select
        force,
        {{ ground }} as ground,
        '{{ period_type }}' as period_type,
        {{ period }} as period,
        count(*) as appeals,
        {{ cell_key() }} as appeals_key,
        cast(
            12 * (year(max(requested_on)) - year(min(requested_on)))
            + month(max(requested_on)) - month(min(requested_on)) + 1 as integer
        ) as months,
        count(decided_on) as decided,
        {{ cell_key(condition='decided_on is not null') }} as decided_key,
        count(case when is_upheld then 1 end) as upheld,
        {{ cell_key(condition='is_upheld') }} as upheld_key
    from requests
    group by force, {{ ground }}, {{ period }}
    {{ "union all" if not (loop.last and last_ground) }}
    {% endfor -%}
    {% endfor %}
),

shares as (

    select
        *,
        case when decided > 0 then cast(upheld as double) / decided end as share
    from counts

),

final as (

    select
        force,
        ground,
        period_type,
        period,
        appeals,
        appeals_key,
        months,
        cast(appeals as double) / months as appeals_per_month,
        decided,
        decided_key,
        upheld,
        upheld_key,
        share as upheld_share,
        case when decided > 0 then {{ wilson_bound('share', 'decided', z, '-') }} end
            as ci_low,
        case when decided > 0 then {{ wilson_bound('share', 'decided', z, '+') }} end
            as ci_high
    from shares

)

select * from final
