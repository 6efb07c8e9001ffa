{{ config(alias='withdrawal_funnel') }}
-- The funnel is drawn again from released counts, with limits of the normal
-- distribution; a BCU's position is that of the mart.
with

funnel as (

    select * from {{ source('oversight', 'withdrawal_funnel') }}

),

released as (

    select
        crime_area,
        bcu,
        first_month,
        latest_month,
        {{ released('cases', 'cases_key') }} as cases,
        {{ released('withdrawals', 'withdrawals_key') }} as withdrawals,
        expected_by,
        round(expected_rate, 3) as model_rate,
        round(tau, 3) as tau,
        position
    from funnel

),

shown as (

    select
        *,
        {{ has_released_share('withdrawals', 'cases') }} as is_shown
    from released

),

-- The middle of the funnel: the rate of the BCUs that are shown.
totals as (

    select
        *,
        sum(case when is_shown then cases end)
            over (partition by crime_area) as area_cases,
        sum(case when is_shown then withdrawals end)
            over (partition by crime_area) as area_withdrawals
    from shown

),

middle as (

    select
        *,
        cast(area_withdrawals as double) / area_cases as area_rate
    from totals

),

expected as (

    select
        *,
        case
            when is_shown and expected_by like 'model %' then model_rate
            when is_shown then area_rate
        end as expected_rate
    from middle

),

spread as (

    select
        *,
        sqrt(
            (1 - expected_rate) / (expected_rate * cases) * area_rate * area_rate
            + tau * tau
        ) as standard_error
    from expected

),

final as (

    select
        crime_area,
        bcu,
        first_month,
        latest_month,
        cases,
        withdrawals,
        {{ released_share('withdrawals', 'cases') }} as withdrawal_rate,
        round(cases * expected_rate, 0) as expected_withdrawals,
        round(expected_rate, 3) as expected_rate,
        expected_by,
        round(withdrawals / (cases * expected_rate), 3) as ratio,
        round(area_rate * withdrawals / (cases * expected_rate), 3) as adjusted_rate,
        round(area_rate, 3) as area_rate,
        {%- for share, z in [('95', 1.959964), ('998', 3.090232)] %}
        case
            when is_shown
                then round(greatest(area_rate - {{ z }}e0 * standard_error, 0e0), 3)
        end as funnel_low_{{ share }},
        case
            when is_shown
                then round(least(area_rate + {{ z }}e0 * standard_error, 1e0), 3)
        end as funnel_high_{{ share }},
        {%- endfor %}
        case when is_shown then position end as position,
        {{ fewer_than_10(['cases', 'withdrawals']) }} as fewer_than_10
    from spread

)

select * from final
