{{ config(alias='gaps_by_group') }}
with

released as (

    select
        gap,
        delivery,
        dimension,
        category,
        tolerance,
        {{ released('population', 'population_key') }} as population,
        {{ released('failing', 'failing_key') }} as failing
    from {{ ref('gaps_by_group') }}

),

final as (

    select
        gap,
        delivery,
        dimension,
        category,
        population,
        failing,
        tolerance,
        {{ released_share('failing', 'population') }} as share,
        {{ released_verdict() }} as verdict,
        {{ fewer_than_10(['population', 'failing']) }} as fewer_than_10
    from released

)

select * from final
