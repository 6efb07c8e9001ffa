{{ config(alias='victim_survey_results') }}
{%- set counts = ['people', 'given'] %}
with

counts as (

    select
        force,
        survey,
        channel,
        segment,
        category,
        measure,
        answer,
        {{ released_counts(counts) }}
    from {{ ref('victim_survey_results') }}

),

final as (

    select
        *,
        {{ released_share('given', 'people') }} as share,
        {{ released_bound('given', 'people', '-') }} as ci_low,
        {{ released_bound('given', 'people', '+') }} as ci_high,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from counts

)

select * from final
