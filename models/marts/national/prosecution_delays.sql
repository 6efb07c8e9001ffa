{%- set z = var('interval_z') -%}
with

durations as (

    select * from {{ ref('int_national__prosecution_durations') }}

),

limits as (

    select * from {{ ref('prosecution_delay_limits') }}

),

-- Counted by day first: a limit is then compared with days, not with suspects.
days as (

    select
        area,
        crime_category,
        stage,
        financial_year,
        days,
        count(*) as suspects,
        {{ cell_key() }} as suspects_key
    from durations
    group by area, crime_category, stage, financial_year, days

),

counts as (

    {% for year in ['days.financial_year', "'all'"] -%}
    select
        days.area,
        days.crime_category,
        days.stage,
        {{ year }} as financial_year,
        limits.days as limit_days,
        cast(sum(days.suspects) as bigint) as suspects,
        {{ cell_key('days.suspects_key') }} as suspects_key,
        cast(
            sum(case when days.days > limits.days then days.suspects else 0 end)
            as bigint
        ) as over_limit,
        {{ cell_key('days.suspects_key', 'days.days > limits.days') }}
            as over_limit_key
    from days
    inner join limits
        on days.stage = limits.stage
    group by
        days.area, days.crime_category, days.stage, {{ year }}, limits.days
    {{ "union all" if not loop.last }}
    {% endfor %}
),

shares as (

    select
        *,
        cast(over_limit as double) / suspects as share
    from counts

),

final as (

    select
        area,
        crime_category,
        stage,
        financial_year,
        limit_days,
        suspects,
        suspects_key,
        over_limit,
        over_limit_key,
        share as over_limit_share,
        {{ wilson_bound('share', 'suspects', z, '-') }} as ci_low,
        {{ wilson_bound('share', 'suspects', z, '+') }} as ci_high
    from shares

)

select * from final
