{%- set z = var('interval_z') -%}
with

counts as (

    select * from {{ ref('withdrawal_counts') }}

),

areas as (

    select
        crime_area,
        cases as area_cases,
        withdrawals as area_withdrawals
    from counts
    where dimension = 'all'

),

compared as (

    select
        counts.*,
        counts.cases < {{ var('minimum_cases') }} as is_suppressed,
        cast(counts.withdrawals as double) / counts.cases as rate,
        areas.area_cases - counts.cases as other_cases,
        areas.area_withdrawals - counts.withdrawals as other_withdrawals,
        cast(areas.area_withdrawals as double) / areas.area_cases as area_rate
    from counts
    inner join areas
        on counts.crime_area = areas.crime_area

),

-- A mark needs at least five expected withdrawals and non-withdrawals on either side:
-- below that the normal approximation of the two-proportion test does not hold.
tested as (

    select
        *,
        case
            when
                dimension != 'all'
                and other_cases > 0
                and least(cases, other_cases)
                * least(area_rate, 1 - area_rate) >= 5
                then
                    (rate - cast(other_withdrawals as double) / other_cases)
                    / sqrt(
                        area_rate * (1 - area_rate)
                        * (1e0 / cases + 1e0 / other_cases)
                    )
        end as z_score
    from compared

),

final as (

    select
        crime_area,
        dimension,
        category,
        cases,
        withdrawals,
        case when not is_suppressed then rate end as withdrawal_rate,
        case
            when not is_suppressed then {{ wilson_bound('rate', 'cases', z, '-') }}
        end as ci_low,
        case
            when not is_suppressed then {{ wilson_bound('rate', 'cases', z, '+') }}
        end as ci_high,
        case
            when is_suppressed then null
            when z_score > {{ var('significance_z') }}e0 then 'higher'
            when z_score < -{{ var('significance_z') }}e0 then 'lower'
        end as significance,
        is_suppressed
    from tested

)

select * from final
