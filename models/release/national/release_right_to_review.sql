{{ config(alias='right_to_review') }}
{%- set counts = ['appeals', 'decided', 'upheld'] %}
with

counts as (

    select
        force,
        ground,
        period_type,
        period,
        months as months_of_appeals,
        {{ released_counts(counts) }}
    from {{ ref('right_to_review') }}

),

final as (

    select
        force,
        ground,
        period_type,
        period,
        {{ counts | join(',\n        ') }},
        case when appeals is not null then months_of_appeals end as months,
        round(cast(appeals as double) / months_of_appeals, 3) as appeals_per_month,
        {{ released_share('upheld', 'decided') }} as upheld_share,
        {{ released_bound('upheld', 'decided', '-') }} as ci_low,
        {{ released_bound('upheld', 'decided', '+') }} as ci_high,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from counts

)

select * from final
