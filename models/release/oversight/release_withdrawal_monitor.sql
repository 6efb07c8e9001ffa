{{ config(alias='withdrawal_monitor') }}
-- The chart is drawn again from released counts: the expected rate of the driver model
-- and the season are taken as they are; limits are those of the normal distribution.
with

monitor as (

    select * from {{ source('oversight', 'withdrawal_monitor') }}

),

released as (

    select
        month,
        crime_area,
        bcu,
        {{ released('cases', 'cases_key') }} as cases,
        {{ released('withdrawals', 'withdrawals_key') }} as withdrawals,
        expected_by,
        round(expected_rate, 3) as model_rate,
        round(seasonal_index, 3) as seasonal_index,
        round(sigma_z * limit_sigmas, 2) as limit_width,
        is_baseline,
        is_maturing,
        is_seasonally_adjusted,
        signals,
        signal_since
    from monitor

),

shown as (

    select
        *,
        {{ has_released_share('withdrawals', 'cases') }} as is_shown
    from released

),

totals as (

    select
        *,
        sum(case when bcu = 'All' and is_shown then cases end)
            over (partition by crime_area) as area_cases,
        sum(case when bcu = 'All' and is_shown then withdrawals end)
            over (partition by crime_area) as area_withdrawals
    from shown

),

expected as (

    select
        *,
        case
            when not coalesce(is_shown, false) then null
            when expected_by like 'model %' then model_rate
            else cast(area_withdrawals as double) / area_cases
        end as expected_rate
    from totals

),

-- A BCU's own level, in its baseline.
levels as (

    select
        *,
        sum(case when is_baseline and is_shown then withdrawals end)
            over (partition by crime_area, bcu) as own_withdrawals,
        sum(
            case
                when is_baseline and is_shown
                    then cases * expected_rate * seasonal_index
            end
        ) over (partition by crime_area, bcu) as own_expected
    from expected

),

centred as (

    select
        *,
        case
            when is_shown and own_expected > 0
                then
                    least(
                        expected_rate * seasonal_index
                        * own_withdrawals / own_expected,
                        0.99e0
                    )
        end as centre
    from levels

),

limited as (

    select
        *,
        limit_width * sqrt(centre * (1 - centre) / cases) as limit_distance
    from centred

),

final as (

    select
        month,
        crime_area,
        bcu,
        cases,
        withdrawals,
        {{ released_share('withdrawals', 'cases') }} as withdrawal_rate,
        round(cases * expected_rate, 0) as expected_withdrawals,
        round(expected_rate, 3) as expected_rate,
        expected_by,
        round(withdrawals / (cases * expected_rate), 3) as ratio,
        seasonal_index,
        round(centre, 3) as centre_line,
        case
            when centre is not null
                then round(greatest(centre - limit_distance, 0e0), 3)
        end as lower_limit,
        case
            when centre is not null then round(least(centre + limit_distance, 1e0), 3)
        end as upper_limit,
        is_baseline,
        is_maturing,
        is_seasonally_adjusted,
        case when is_shown then signals end as signals,
        case when is_shown then signal_since end as signal_since,
        {{ fewer_than_10(['cases', 'withdrawals']) }} as fewer_than_10
    from limited

)

select * from final
