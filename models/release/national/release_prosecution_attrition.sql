{{ config(alias='prosecution_attrition') }}
{%- set counts = ['results', 'stopped', 'due_to_victim'] %}
with

counts as (

    select
        area,
        crime_category,
        stage,
        period_type,
        period,
        {{ released_counts(counts) }}
    from {{ ref('prosecution_attrition') }}

),

final as (

    select
        *,
        {{ released_share('due_to_victim', 'stopped') }} as due_to_victim_share,
        {{ released_bound('due_to_victim', 'stopped', '-') }} as ci_low,
        {{ released_bound('due_to_victim', 'stopped', '+') }} as ci_high,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from counts

)

select * from final
