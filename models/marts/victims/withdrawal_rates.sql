{%- set z = var('interval_z') -%}
-- Written out, the counts are a part of it: withdrawal_counts is ephemeral.
with

counts as (

    select * from {{ ref('withdrawal_counts') }}

),

category_order as (

    select * from {{ ref('category_order') }}

),

with_area as (

    select
        *,
        max(case when dimension = 'all' then cases end)
            over (partition by crime_area) as area_cases,
        max(case when dimension = 'all' then withdrawals end)
            over (partition by crime_area) as area_withdrawals
    from counts

),

compared as (

    select
        *,
        cases < {{ var('minimum_cases') }} as is_suppressed,
        cast(withdrawals as double) / cases as rate,
        area_cases - cases as other_cases,
        area_withdrawals - withdrawals as other_withdrawals
    from with_area

),

tested as (

    select
        *,
        case
            when dimension != 'all'
                then {{ two_proportion_z(
                    'withdrawals', 'cases', 'other_withdrawals', 'other_cases'
                ) }}
        end as z_score
    from compared

),

final as (

    select
        tested.crime_area,
        tested.dimension,
        tested.category,
        tested.cases,
        tested.withdrawals,
        tested.cases_key,
        tested.withdrawals_key,
        case when not tested.is_suppressed then tested.rate end as withdrawal_rate,
        case
            when not tested.is_suppressed
                then {{ wilson_bound('tested.rate', 'tested.cases', z, '-') }}
        end as ci_low,
        case
            when not tested.is_suppressed
                then {{ wilson_bound('tested.rate', 'tested.cases', z, '+') }}
        end as ci_high,
        case
            when tested.is_suppressed then null
            when tested.z_score > {{ var('significance_z') }}e0 then 'higher'
            when tested.z_score < -{{ var('significance_z') }}e0 then 'lower'
        end as significance,
        tested.is_suppressed,
        category_order.category_no
    from tested
    left join category_order
        on
            tested.dimension = category_order.variable
            and tested.category = category_order.category

)

select * from final
