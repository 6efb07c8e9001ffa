{{ config(alias='prosecution_delays') }}
{%- set counts = ['suspects', 'over_limit'] %}
with

counts as (

    select
        area,
        crime_category,
        stage,
        financial_year,
        limit_days,
        {{ released_counts(counts) }}
    from {{ ref('prosecution_delays') }}

),

final as (

    select
        *,
        {{ released_share('over_limit', 'suspects') }} as over_limit_share,
        {{ released_bound('over_limit', 'suspects', '-') }} as ci_low,
        {{ released_bound('over_limit', 'suspects', '+') }} as ci_high,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from counts

)

select * from final
