{{ config(alias='force_outcomes') }}
with

counts as (

    select
        force,
        financial_year,
        financial_quarter,
        quarter_from,
        crime_group,
        crime_type,
        is_compared,
        outcome_type,
        outcome,
        outcome_group,
        tracked_outcomes as delivered_tracked_outcomes,
        untracked_outcomes as delivered_untracked_outcomes,
        {{ released_counts(['tracked_outcomes', 'untracked_outcomes']) }}
    from {{ ref('force_outcomes') }}

),

final as (

    select
        force,
        financial_year,
        financial_quarter,
        quarter_from,
        crime_group,
        crime_type,
        is_compared,
        outcome_type,
        outcome,
        outcome_group,
        tracked_outcomes,
        untracked_outcomes,
        {{ fewer_than_10({
            'tracked_outcomes': 'delivered_tracked_outcomes',
            'untracked_outcomes': 'delivered_untracked_outcomes',
        }) }} as fewer_than_10
    from counts

)

select * from final
