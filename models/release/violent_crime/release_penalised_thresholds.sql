{{ config(alias='penalised_thresholds') }}
{%- set counts = [
    'true_positives', 'false_positives', 'false_negatives', 'true_negatives'
] %}
{%- set shares = {
    'accuracy': ('agreeing', 'crimes'),
    'sensitivity': ('true_positives', 'events'),
    'specificity': ('true_negatives', 'others'),
    'positive_predictive_value': ('true_positives', 'flagged'),
    'negative_predictive_value': ('true_negatives', 'crimes - flagged'),
    'prevalence': ('events', 'crimes'),
    'detection_rate': ('true_positives', 'crimes'),
    'detection_prevalence': ('flagged', 'crimes'),
} %}
with

counts as (

    select
        model,
        chosen,
        threshold,
        {{ released_counts(counts) }}
    from {{ source('drivers', 'penalised_thresholds') }}

),

released_models as (

    select model from {{ ref('release_penalised_models') }}
    where intercept is not null

),

sums as (

    select
        *,
        true_positives + true_negatives as agreeing,
        true_positives + false_negatives as events,
        false_positives + true_negatives as others,
        true_positives + false_positives as flagged,
        true_positives + false_positives + false_negatives + true_negatives as crimes
    from counts

),

shares as (

    select
        *,
        {% for share, (part, whole) in shares.items() -%}
        {{ released_share(part, '(' ~ whole ~ ')') }} as {{ share }},
        {% endfor -%}
        cast(events * flagged + others * (crimes - flagged) as double)
        / (crimes * crimes) as accuracy_by_chance
    from sums

),

final as (

    select
        shares.model,
        shares.chosen,
        round(shares.threshold, 3) as threshold,
        {% for count in counts -%}
        shares.{{ count }},
        {% endfor -%}
        {% for share in shares -%}
        shares.{{ share }},
        {% endfor -%}
        round(
            (shares.accuracy - shares.accuracy_by_chance)
            / nullif(1 - shares.accuracy_by_chance, 0), 3
        ) as kappa,
        shares.positive_predictive_value as precision,
        shares.sensitivity as recall,
        round(
            2 * shares.positive_predictive_value * shares.sensitivity
            / (shares.positive_predictive_value + shares.sensitivity), 3
        ) as f1,
        round((shares.sensitivity + shares.specificity) / 2, 3) as balanced_accuracy,
        round(
            2 * shares.sensitivity * shares.specificity
            / (shares.sensitivity + shares.specificity), 3
        ) as f1_sensitivity_specificity,
        round(1 - shares.accuracy, 3) as er,
        round(shares.sensitivity + shares.specificity - 1, 3) as youden,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from shares
    inner join released_models
        on shares.model = released_models.model

)

select * from final
