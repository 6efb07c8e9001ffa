{{ config(alias='withdrawal_signals') }}
-- Signals of which every month has a released rate.
with

signals as (

    select * from {{ source('oversight', 'withdrawal_signals') }}

),

months as (

    select * from {{ ref('release_withdrawal_monitor') }}

),

true_months as (

    select * from {{ source('oversight', 'withdrawal_monitor') }}

),

counted as (

    select
        signals.crime_area,
        signals.bcu,
        signals.rule,
        signals.direction,
        signals.started_on,
        signals.latest_month,
        signals.months,
        signals.is_current,
        count(months.centre_line) as released_months,
        sum(months.withdrawals - months.cases * months.centre_line)
            as excess_withdrawals
    from signals
    inner join true_months
        on
            signals.crime_area = true_months.crime_area
            and signals.bcu = true_months.bcu
            and not true_months.is_too_small
            and true_months.month between signals.started_on and signals.latest_month
    inner join months
        on
            true_months.crime_area = months.crime_area
            and true_months.bcu = months.bcu
            and true_months.month = months.month
    group by
        signals.crime_area,
        signals.bcu,
        signals.rule,
        signals.direction,
        signals.started_on,
        signals.latest_month,
        signals.months,
        signals.is_current

),

final as (

    select
        crime_area,
        bcu,
        rule,
        direction,
        started_on,
        latest_month,
        months,
        round(excess_withdrawals, 0) as excess_withdrawals,
        is_current
    from counted
    where released_months = months

)

select * from final
