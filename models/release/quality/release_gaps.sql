{{ config(alias='gaps') }}
with

released as (

    select
        gap,
        delivery,
        suite,
        dimension,
        extract,
        description,
        severity,
        owner,
        tolerance,
        published_share,
        {{ released('population', 'population_key') }} as population,
        {{ released('failing', 'failing_key') }} as failing
    from {{ ref('gaps') }}

),

final as (

    select
        gap,
        delivery,
        suite,
        dimension,
        extract,
        description,
        severity,
        owner,
        {{ released_verdict() }} as verdict,
        population,
        failing,
        {{ released_share('failing', 'population') }} as share,
        {{ released_bound('failing', 'population', '-') }} as ci_low,
        {{ released_bound('failing', 'population', '+') }} as ci_high,
        tolerance,
        published_share,
        {{ fewer_than_10(['population', 'failing']) }} as fewer_than_10
    from released

)

select * from final
