{{ config(alias='models') }}
with

released as (

    select
        *,
        {{ released('sample_size', 'sample_size_key') }} as released_sample_size,
        {{ released('events', 'events_key') }} as released_events
    from {{ source('drivers', 'models') }}

),

final as (

    select
        model,
        family,
        description,
        crime_area,
        filters,
        dependent,
        method,
        released_sample_size as sample_size,
        released_events as events,
        columns_fitted,
        round(
            cast(
                least(released_events, released_sample_size - released_events) as double
            ) / nullif(columns_fitted, 0),
            1
        ) as events_per_variable,
        {%- for estimate in [
            'intercept', 'intercept_std_error', 'nagelkerke_r2',
            'mcfadden_r2', 'pct_correct_0', 'pct_correct_1', 'pct_correct_overall',
            'auc', 'auc_low', 'auc_high', 'brier',
        ] %}
        {{ released_estimate(
            estimate, 'released_events', 'released_sample_size'
        ) }} as {{ estimate }},
        {%- endfor %}
        clusters,
        converged,
        run,
        -- A note on sites gives the cases left out.
        regexp_replace(note, ' \([0-9,]+ cases\)', '') as note,
        nullif(concat_ws(
            ', ',
            case when released_sample_size is null then 'sample_size' end,
            case when released_events is null then 'events' end
        ), '') as fewer_than_10
    from released

)

select * from final
