{{ config(alias='penalised_curves') }}
{%- set counts = ['crimes_with_as_many', 'events_with_as_many'] %}
with

counts as (

    select
        model,
        variable,
        officers,
        log_odds,
        band_low,
        band_high,
        band,
        halves,
        {{ released_counts(counts) }}
    from {{ source('drivers', 'penalised_curves') }}

),

released_models as (

    select model from {{ ref('release_penalised_models') }}
    where intercept is not null

),

-- The end of a curve would show the largest number of officers of a single crime.
final as (

    select
        counts.model,
        counts.variable,
        counts.officers,
        counts.crimes_with_as_many,
        counts.events_with_as_many,
        round(counts.log_odds, 3) as log_odds,
        round(counts.band_low, 3) as band_low,
        round(counts.band_high, 3) as band_high,
        counts.band,
        counts.halves
    from counts
    inner join released_models
        on counts.model = released_models.model
    where
        {{ has_enough_events(
            'counts.events_with_as_many', 'counts.crimes_with_as_many'
        ) }}

)

select * from final
