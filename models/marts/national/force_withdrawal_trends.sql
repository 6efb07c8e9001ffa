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
        offences_key,
        withdrawal_rate as rate,
        withdrawal_rate_low as rate_low,
        withdrawal_rate_high as rate_high,
        cast(substr(financial_year, 1, 4) as integer) as first_calendar_year
    from {{ ref('force_withdrawal_rates') }}

),

-- A year is compared with the one before it, not with the last that was delivered.
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
        rate - previous as change,
        {{ newcombe_bound('rate', 'previous', '-') }} as change_low,
        {{ newcombe_bound('rate', 'previous', '+') }} as change_high
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
        offences_key,
        rate as withdrawal_rate,
        previous as previous_rate,
        change,
        change_low,
        change_high,
        {{ direction_of_change() }} as direction
    from changes

)

select * from final
