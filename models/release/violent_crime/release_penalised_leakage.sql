{{ config(alias='penalised_leakage') }}
with

leakage as (

    select * from {{ source('drivers', 'penalised_leakage') }}

),

released_models as (

    select model from {{ ref('release_penalised_models') }}
    where intercept is not null

),

final as (

    select
        leakage.model,
        leakage.left_out,
        leakage.columns_left_out,
        round(leakage.auc, 3) as auc,
        round(leakage.auc_lost, 3) as auc_lost
    from leakage
    inner join released_models
        on leakage.model = released_models.model

)

select * from final
