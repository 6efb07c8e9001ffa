{{ config(alias='odds_ratios') }}
{%- set estimates = [
    'coefficient', 'std_error', 'odds_ratio', 'ci_low', 'ci_high', 'p_value', 'times',
    'p_value_holm', 'p_value_benjamini_hochberg', 'marginal_effect',
    'marginal_effect_low', 'marginal_effect_high', 'cluster_std_error',
    'cluster_ci_low', 'cluster_ci_high', 'cluster_p_value', 'variance_inflation',
    'e_value', 'e_value_bound',
] %}
with

released as (

    select
        * exclude (cases, events),
        {{ released('cases', 'cases_key') }} as cases,
        {{ released('events', 'events_key') }} as events
    from {{ source('drivers', 'odds_ratios') }}

),

final as (

    select
        model,
        design_column,
        variable,
        category,
        reference_category,
        variable_group,
        label,
        cases,
        events,
        {%- for estimate in estimates %}
        {{ released_estimate(estimate, 'events', 'cases') }} as {{ estimate }},
        {%- endfor %}
        case when {{ has_enough_events('events', 'cases') }} then is_significant end
            as is_significant,
        case when {{ has_enough_events('events', 'cases') }} then direction end
            as direction,
        run,
        -- A note on an estimate that is not given could tell a small count.
        case when {{ has_enough_events('events', 'cases') }} then note end as note,
        {{ fewer_than_10(['cases', 'events']) }} as fewer_than_10
    from released

)

select * from final
