{{ config(alias='violent_crime_outcomes') }}
{%- set counts = ['crimes', 'category_crimes'] %}
with

counts as (

    select
        dimension,
        category,
        outcome_group,
        {{ released_counts(counts) }}
    from {{ ref('violent_crime_outcomes') }}

),

final as (

    select
        *,
        {{ released_share('crimes', 'category_crimes') }} as share,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from counts

)

select * from final
