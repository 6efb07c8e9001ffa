{{ config(alias='thematic_outcome_16') }}
{%- set counts = ['offences', 'outcome_16'] %}
with

counts as (

    select
        basis,
        force,
        period,
        thematic_area,
        {{ released_counts(counts) }}
    from {{ ref('thematic_outcome_16') }}

),

final as (

    select
        *,
        {{ released_share('outcome_16', 'offences') }} as outcome_16_share,
        {{ released_bound('outcome_16', 'offences', '-') }} as ci_low,
        {{ released_bound('outcome_16', 'offences', '+') }} as ci_high,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from counts

)

select * from final
