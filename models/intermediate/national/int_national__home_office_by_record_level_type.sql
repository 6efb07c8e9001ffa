with

rates as (

    select * from {{ ref('force_withdrawal_rates') }}

),

crime_types as (

    select * from {{ ref('record_level_crime_types') }}

),

final as (

    select
        rates.force,
        rates.financial_year,
        crime_types.record_level_crime_type as crime_type,
        max(rates.quarters) as quarters,
        cast(sum(rates.offences) as bigint) as offences,
        cast(sum(rates.pending) as bigint) as pending,
        cast(sum(rates.withdrawals) as bigint) as withdrawals,
        cast(sum(rates.judicial_outcomes) as bigint) as judicial_outcomes
    from rates
    inner join crime_types
        on rates.crime_type = crime_types.home_office_crime_type
    group by
        rates.force, rates.financial_year, crime_types.record_level_crime_type

)

select * from final
