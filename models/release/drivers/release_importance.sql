{{ config(alias='importance') }}
with

importance as (

    select * from {{ source('drivers', 'importance') }}

),

models as (

    select * from {{ ref('release_models') }}

),

final as (

    select
        importance.model,
        importance.variable,
        {{ released_estimate(
            'importance.auc_lost', 'models.events', 'models.sample_size'
        ) }} as auc_lost,
        {{ released_estimate(
            'importance.auc_lost_std', 'models.events', 'models.sample_size'
        ) }} as auc_lost_std,
        importance.run
    from importance
    inner join models
        on importance.model = models.model

)

select * from final
