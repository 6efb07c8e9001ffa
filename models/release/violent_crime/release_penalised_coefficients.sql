{{ config(alias='penalised_coefficients') }}
-- No level is left out as reference: the crimes of the other levels count as well.
{%- set counts = ['training_crimes', 'training_events'] %}
-- noqa: disable=LT02
with

models as (

    select * from {{ source('drivers', 'penalised_models') }}

),

released_models as (

    select model from {{ ref('release_penalised_models') }}
    where intercept is not null

),

coefficients as (

    select
        coefficients.*,
        {% for count in counts -%}
        models.{{ count }} - coefficients.{{ count }} as other_{{ count }},
        {{ remaining_key(
            'models.' ~ count ~ '_key', 'coefficients.' ~ count ~ '_key'
        ) }} as other_{{ count }}_key
        {{- "," if not loop.last }}
        {% endfor %}
    from {{ source('drivers', 'penalised_coefficients') }} as coefficients
    inner join models
        on coefficients.model = models.model

),

counts as (

    select
        model,
        term,
        variable,
        level,
        is_missing_level,
        recorded,
        recorded_group,
        coefficient,
        is_beneficial,
        selected_share,
        training_crimes is not null as is_level,
        {{ released_counts(
            counts + ['other_training_crimes', 'other_training_events']
        ) }}
    from coefficients

),

judged as (

    select
        counts.*,
        released_models.model is not null
        and (
            not counts.is_level
            or (
                {{ has_enough_events('training_events', 'training_crimes') }}
                and {{ has_enough_events(
                    'other_training_events', 'other_training_crimes'
                ) }}
            )
        ) as is_released
    from counts
    left join released_models
        on counts.model = released_models.model

),

final as (

    select
        model,
        term,
        variable,
        level,
        is_missing_level,
        recorded,
        recorded_group,
        training_crimes,
        training_events,
        case when is_released then round(coefficient, 3) end as coefficient,
        case when is_released then is_beneficial end as is_beneficial,
        case when is_released then round(selected_share, 3) end as selected_share,
        case when is_level then {{ fewer_than_10(counts) }} end as fewer_than_10
    from judged

)

select * from final
