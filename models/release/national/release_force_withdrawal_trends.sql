{{ config(alias='force_withdrawal_trends') }}
with

rates as (

    select
        force,
        financial_year,
        level,
        crime_group,
        crime_type,
        quarters,
        offences,
        withdrawal_rate as rate,
        withdrawal_rate_low as rate_low,
        withdrawal_rate_high as rate_high,
        cast(substr(financial_year, 1, 4) as integer) as first_calendar_year
    from {{ ref('release_force_withdrawal_rates') }}

),

compared as (

    select
        rates.*,
        earlier.rate as previous,
        earlier.rate_low as previous_low,
        earlier.rate_high as previous_high,
        rates.quarters = earlier.quarters as has_as_many_quarters
    from rates
    left join rates as earlier
        on
            rates.force = earlier.force
            and rates.crime_type = earlier.crime_type
            and rates.first_calendar_year = earlier.first_calendar_year + 1

),

changes as (

    select
        *,
        round(rate - previous, 3) as change,
        round({{ newcombe_bound('rate', 'previous', '-') }}, 3) as change_low,
        round({{ newcombe_bound('rate', 'previous', '+') }}, 3) as change_high
    from compared

),

final as (

    select
        force,
        financial_year,
        level,
        crime_group,
        crime_type,
        offences,
        rate as withdrawal_rate,
        previous as previous_rate,
        change,
        change_low,
        change_high,
        {{ direction_of_change() }} as direction,
        {{ fewer_than_10(['offences']) }} as fewer_than_10
    from changes

)

select * from final
