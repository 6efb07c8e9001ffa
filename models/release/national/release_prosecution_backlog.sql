{{ config(alias='prosecution_backlog') }}
{%- set counts = ['awaiting', 'overdue'] %}
with

counts as (

    select
        force,
        offence,
        submission,
        delivery,
        limit_days,
        {{ released_counts(counts) }}
    from {{ ref('prosecution_backlog') }}

),

final as (

    select
        *,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from counts

)

select * from final
