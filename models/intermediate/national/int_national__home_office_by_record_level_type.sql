-- noqa: disable=LT02
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
        {% for count in ['offences', 'pending', 'withdrawals', 'judicial_outcomes'] -%}
        cast(sum(rates.{{ count }}) as bigint) as {{ count }},
        {{ cell_key('rates.' ~ count ~ '_key') }} as {{ count }}_key
        {{- "," if not loop.last }}
        {% endfor %}
    from rates
    inner join crime_types
        on rates.crime_type = crime_types.home_office_crime_type
    group by
        rates.force, rates.financial_year, crime_types.record_level_crime_type

)

select * from final
