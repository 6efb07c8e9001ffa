{%- set z = var('interval_z') -%}
{%- set home_office_views = ['home_office', 'england_and_wales', 'most_similar'] -%}
-- noqa: disable=LT02
with

record_level as (

    select * from {{ ref('int_national__record_level_counts_checked') }}
    where is_current and rejection_reason is null

),

home_office as (

    select * from {{ ref('int_national__home_office_by_record_level_type') }}

),

similar_forces as (

    select * from {{ ref('most_similar_forces') }}

),

most_similar as (

    select
        similar_forces.force,
        home_office.financial_year,
        home_office.crime_type,
        {% for count in ['offences', 'pending', 'withdrawals'] -%}
        cast(sum(home_office.{{ count }}) as bigint) as {{ count }},
        {{ cell_key('home_office.' ~ count ~ '_key') }} as {{ count }}_key
        {{- "," if not loop.last }}
        {% endfor %}
    from similar_forces
    inner join home_office
        on similar_forces.similar_force = home_office.force
    group by
        similar_forces.force, home_office.financial_year, home_office.crime_type

),

-- Years that either view has of a force.
years as (

    select
        force,
        financial_year,
        crime_type
    from home_office
    where force != 'England and Wales'

    union distinct

    select
        force,
        financial_year,
        crime_type
    from record_level

),

-- If the Home Office lacks the record-level year, its latest year is used.
latest_year as (

    select
        force,
        max(financial_year) as financial_year
    from home_office
    group by force

),

compared as (

    select
        years.*,
        coalesce(
            home_office.financial_year, latest_year.financial_year
        ) as home_office_year
    from years
    left join home_office
        on
            years.force = home_office.force
            and years.financial_year = home_office.financial_year
            and years.crime_type = home_office.crime_type
    left join latest_year
        on years.force = latest_year.force

),

counts as (

    select
        compared.force,
        compared.financial_year,
        compared.crime_type,
        compared.home_office_year,
        cases.publication,
        cases.published_on,
        cases.offences as cases,
        cases.offences_key as cases_key,
        cases.withdrawals as case_withdrawals,
        cases.withdrawals_key as case_withdrawals_key,
        own.offences - own.pending as offences_with_outcome,
        {{ remaining_key('own.offences_key', 'own.pending_key') }}
            as offences_with_outcome_key,
        own.withdrawals as offence_withdrawals,
        own.withdrawals_key as offence_withdrawals_key,
        {% for view in home_office_views -%}
        {{ view }}.offences - {{ view }}.pending as {{ view }}_offences,
        {{ remaining_key(view ~ '.offences_key', view ~ '.pending_key') }}
            as {{ view }}_offences_key,
        {{ view }}.withdrawals as {{ view }}_withdrawals,
        {{ view }}.withdrawals_key as {{ view }}_withdrawals_key
        {{- "," if not loop.last }}
        {% endfor %}
    from compared
    left join record_level as cases
        on
            compared.force = cases.force
            and compared.financial_year = cases.financial_year
            and compared.crime_type = cases.crime_type
            and cases.population = 'combined dataset'
    left join record_level as own
        on
            compared.force = own.force
            and compared.financial_year = own.financial_year
            and compared.crime_type = own.crime_type
            and own.population = 'all offences'
    left join home_office
        on
            compared.force = home_office.force
            and compared.home_office_year = home_office.financial_year
            and compared.crime_type = home_office.crime_type
    left join home_office as england_and_wales
        on
            england_and_wales.force = 'England and Wales'
            and compared.home_office_year = england_and_wales.financial_year
            and compared.crime_type = england_and_wales.crime_type
    left join most_similar
        on
            compared.force = most_similar.force
            and compared.home_office_year = most_similar.financial_year
            and compared.crime_type = most_similar.crime_type

),

rates as (

    select
        *,
        {{ share_of_enough('case_withdrawals', 'cases') }} as record_level_rate,
        {{ share_of_enough('offence_withdrawals', 'offences_with_outcome') }}
            as all_offences_rate,
        {% for view in home_office_views -%}
        {{ share_of_enough(view ~ '_withdrawals', view ~ '_offences') }}
            as {{ view }}_rate
        {{- "," if not loop.last }}
        {% endfor %}
    from counts

),

populations as (

    select
        max(case when population = 'combined dataset' then what_it_counts end)
            as record_level,
        max(case when population = 'Home Office' then what_it_counts end)
            as home_office
    from {{ ref('counted_populations') }}

),

final as (

    select
        rates.force,
        rates.financial_year,
        rates.crime_type,
        rates.publication,
        rates.published_on,
        cast(rates.cases as bigint) as cases,
        rates.cases_key,
        cast(rates.case_withdrawals as bigint) as case_withdrawals,
        rates.case_withdrawals_key,
        rates.record_level_rate,
        {{ wilson_bound('rates.record_level_rate', 'rates.cases', z, '-') }}
            as record_level_rate_low,
        {{ wilson_bound('rates.record_level_rate', 'rates.cases', z, '+') }}
            as record_level_rate_high,
        cast(rates.offences_with_outcome as bigint) as offences_with_outcome,
        rates.offences_with_outcome_key,
        cast(rates.offence_withdrawals as bigint) as offence_withdrawals,
        rates.offence_withdrawals_key,
        rates.all_offences_rate,
        rates.home_office_year,
        rates.home_office_year = rates.financial_year as is_same_year,
        {% for view in home_office_views -%}
        rates.{{ view }}_offences,
        rates.{{ view }}_offences_key,
        rates.{{ view }}_withdrawals,
        rates.{{ view }}_withdrawals_key,
        rates.{{ view }}_rate,
        {% endfor -%}
        case
            when rates.home_office_year = rates.financial_year
                then rates.record_level_rate - rates.home_office_rate
        end as difference,
        rates.home_office_rate - rates.england_and_wales_rate
            as home_office_difference,
        populations.record_level as record_level_counts,
        populations.home_office as home_office_counts
    from rates
    cross join populations

)

select * from final
