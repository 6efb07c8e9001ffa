{{ config(alias='performance') }}
-- Shares and areas under curves; the cases of a sample are counted in `models`.
with

performance as (

    select * from {{ source('drivers', 'performance') }}

),

final as (

    select
        model,
        learner,
        sample,
        {%- for measure in [
            'auc', 'auc_low', 'auc_high', 'brier', 'calibration_slope',
            'calibration_intercept',
        ] %}
        {{ released_estimate(measure, 'events', 'cases') }} as {{ measure }},
        {%- endfor %}
        run,
        note
    from performance

)

select * from final
