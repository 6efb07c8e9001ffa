{%- set z = var('interval_z') -%}
with

rates as (

    select
        *,
        offences - pending as assigned,
        {{ remaining_key('offences_key', 'pending_key') }} as assigned_key
    from {{ ref('force_withdrawal_rates') }}

),

similar_forces as (

    select * from {{ ref('most_similar_forces') }}

),

-- Comparators of a force: each similar force, all of them, England and Wales.
benchmarks as (

    select
        similar_forces.force,
        'most similar force' as benchmark_kind,
        similar_forces.similar_force as benchmark,
        rates.financial_year,
        rates.crime_type,
        rates.withdrawals,
        rates.withdrawals_key,
        rates.assigned,
        rates.assigned_key
    from similar_forces
    inner join rates
        on similar_forces.similar_force = rates.force

    union all

    select
        similar_forces.force,
        'most similar forces' as benchmark_kind,
        'Most similar forces' as benchmark,
        rates.financial_year,
        rates.crime_type,
        sum(rates.withdrawals) as withdrawals,
        {{ cell_key('rates.withdrawals_key') }} as withdrawals_key,
        sum(rates.assigned) as assigned,
        {{ cell_key('rates.assigned_key') }} as assigned_key
    from similar_forces
    inner join rates
        on similar_forces.similar_force = rates.force
    group by similar_forces.force, rates.financial_year, rates.crime_type

    union all

    select
        rates.force,
        'England and Wales' as benchmark_kind,
        national.force as benchmark,
        national.financial_year,
        national.crime_type,
        national.withdrawals,
        national.withdrawals_key,
        national.assigned,
        national.assigned_key
    from rates
    inner join rates as national
        on
            rates.financial_year = national.financial_year
            and rates.crime_type = national.crime_type
    where national.force = 'England and Wales' and rates.force != national.force

),

-- England and Wales hold the force itself: the difference is from the rest, scaled.
paired as (

    select
        rates.force,
        rates.financial_year,
        rates.level,
        rates.crime_group,
        rates.crime_type,
        benchmarks.benchmark_kind,
        benchmarks.benchmark,
        rates.assigned as offences,
        rates.assigned_key as offences_key,
        rates.withdrawals,
        rates.withdrawals_key,
        benchmarks.assigned as benchmark_offences,
        benchmarks.assigned_key as benchmark_offences_key,
        benchmarks.withdrawals as benchmark_withdrawals,
        benchmarks.withdrawals_key as benchmark_withdrawals_key,
        rates.withdrawal_rate as rate,
        rates.withdrawal_rate_low as rate_low,
        rates.withdrawal_rate_high as rate_high,
        cast(benchmarks.withdrawals as double)
        / nullif(benchmarks.assigned, 0) as benchmark_rate,
        case
            when benchmarks.benchmark_kind = 'England and Wales'
                then benchmarks.withdrawals - rates.withdrawals
            else benchmarks.withdrawals
        end as other_withdrawals,
        case
            when benchmarks.benchmark_kind = 'England and Wales'
                then benchmarks.assigned - rates.assigned
            else benchmarks.assigned
        end as other_offences,
        case
            when benchmarks.benchmark_kind = 'England and Wales'
                then
                    1 - cast(rates.assigned as double)
                    / nullif(benchmarks.assigned, 0)
            else 1e0
        end as share_of_others
    from rates
    inner join benchmarks
        on
            rates.force = benchmarks.force
            and rates.financial_year = benchmarks.financial_year
            and rates.crime_type = benchmarks.crime_type

),

others as (

    select
        *,
        case
            when other_offences > 0 and other_withdrawals between 0 and other_offences
                then cast(other_withdrawals as double) / other_offences
        end as other
    from paired

),

bounded as (

    select
        *,
        {{ wilson_bound('other', 'other_offences', z, '-') }} as other_low,
        {{ wilson_bound('other', 'other_offences', z, '+') }} as other_high
    from others

),

differences as (

    select
        *,
        rate - benchmark_rate as difference,
        share_of_others
        * ({{ newcombe_bound('rate', 'other', '-') }}) as difference_low,
        share_of_others
        * ({{ newcombe_bound('rate', 'other', '+') }}) as difference_high
    from bounded

),

final as (

    select
        force,
        financial_year,
        level,
        crime_group,
        crime_type,
        benchmark_kind,
        benchmark,
        offences,
        offences_key,
        withdrawals,
        withdrawals_key,
        cast(benchmark_offences as bigint) as benchmark_offences,
        benchmark_offences_key,
        cast(benchmark_withdrawals as bigint) as benchmark_withdrawals,
        benchmark_withdrawals_key,
        rate as withdrawal_rate,
        benchmark_rate,
        difference,
        difference_low,
        difference_high,
        case
            when difference_low > 0 then 'higher'
            when difference_high < 0 then 'lower'
            when difference is not null then 'no difference shown'
        end as comparison
    from differences

)

select * from final
