{{ config(alias='scorecard') }}
with

released as (

    select
        delivery,
        extract,
        dimension,
        {{ released('checks', 'checks_key') }} as checks,
        {{ released('failing', 'failing_key') }} as failing
    from {{ ref('scorecard') }}

),

final as (

    select
        *,
        {{ released_share('failing', 'checks') }} as failing_share,
        {{ fewer_than_10(['checks', 'failing']) }} as fewer_than_10
    from released

)

select * from final
