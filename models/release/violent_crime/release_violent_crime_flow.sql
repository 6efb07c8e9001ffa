{{ config(alias='violent_crime_flow') }}
{%- set counts = ['crimes_removed', 'crimes_left'] %}
with

counts as (

    select
        step_no,
        step,
        {{ released_counts(counts) }}
    from {{ ref('violent_crime_flow') }}

),

steps as (

    select
        *,
        lag(crimes_left) over (order by step_no) as crimes_before,
        first_value(crimes_left) over (order by step_no) as crimes_delivered
    from counts

),

final as (

    select
        step_no,
        step,
        crimes_removed,
        crimes_left,
        {{ released_share('crimes_removed', 'crimes_before') }} as share_lost,
        {{ released_share('crimes_left', 'crimes_delivered') }} as share_left,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from steps

)

select * from final
