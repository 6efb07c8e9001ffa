{{ config(alias='penalised_models') }}
{%- set counts = [
    'training_crimes', 'training_events', 'test_crimes', 'test_events'
] %}
{%- set estimates = [
    'mixing',
    'penalty',
    'blend',
    'cross_validated_auc',
    'cross_validated_auc_std_error',
    'intercept',
    'training_auc',
    'h',
    'gini',
    'auc',
    'auch',
] %}
with

counts as (

    select
        model,
        dependent,
        description,
        columns_offered,
        columns_selected,
        {{ estimates | join(',\n        ') }},
        note is null as is_fitted,
        {{ released_counts(counts) }}
    from {{ source('drivers', 'penalised_models') }}

),

judged as (

    select
        *,
        {{ has_enough_events('training_events', 'training_crimes') }}
        and {{ has_enough_events('test_events', 'test_crimes') }} as is_released
    from counts

),

final as (

    select
        model,
        dependent,
        description,
        {{ counts | join(',\n        ') }},
        columns_offered,
        columns_selected,
        {% for estimate in estimates -%}
        case when is_released then round({{ estimate }}, 3) end as {{ estimate }},
        {% endfor -%}
        case when is_fitted then {{ fewer_than_10(counts) }} end as fewer_than_10
    from judged

)

select * from final
