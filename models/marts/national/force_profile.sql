{%- set z = var('interval_z') -%}
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

of_similar_forces as (

    select
        similar_forces.force,
        home_office.financial_year,
        home_office.crime_type,
        sum(home_office.offences) as offences,
        sum(home_office.pending) as pending,
        sum(home_office.withdrawals) as withdrawals
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
        cases.withdrawals as case_withdrawals,
        own.offences - own.pending as offences_with_outcome,
        own.withdrawals as offence_withdrawals,
        home_office.offences - home_office.pending as home_office_offences,
        home_office.withdrawals as home_office_withdrawals,
        national.offences - national.pending as national_offences,
        national.withdrawals as national_withdrawals,
        of_similar_forces.offences - of_similar_forces.pending as similar_offences,
        of_similar_forces.withdrawals as similar_withdrawals
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
    left join home_office as national
        on
            national.force = 'England and Wales'
            and compared.home_office_year = national.financial_year
            and compared.crime_type = national.crime_type
    left join of_similar_forces
        on
            compared.force = of_similar_forces.force
            and compared.home_office_year = of_similar_forces.financial_year
            and compared.crime_type = of_similar_forces.crime_type

),

rates as (

    select
        *,
        {{ share_of_enough('case_withdrawals', 'cases') }} as record_level_rate,
        {{ share_of_enough('offence_withdrawals', 'offences_with_outcome') }}
            as all_offences_rate,
        {{ share_of_enough('home_office_withdrawals', 'home_office_offences') }}
            as home_office_rate,
        {{ share_of_enough('national_withdrawals', 'national_offences') }}
            as england_and_wales_rate,
        {{ share_of_enough('similar_withdrawals', 'similar_offences') }}
            as most_similar_rate
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
        rates.record_level_rate,
        {{ wilson_bound('rates.record_level_rate', 'rates.cases', z, '-') }}
            as record_level_rate_low,
        {{ wilson_bound('rates.record_level_rate', 'rates.cases', z, '+') }}
            as record_level_rate_high,
        cast(rates.offences_with_outcome as bigint) as offences_with_outcome,
        rates.all_offences_rate,
        rates.home_office_year,
        rates.home_office_year = rates.financial_year as is_same_year,
        rates.home_office_offences,
        rates.home_office_rate,
        rates.england_and_wales_rate,
        rates.most_similar_rate,
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
