{{ config(alias='withdrawal_rates') }}
with

rates as (

    select * from {{ ref('withdrawal_rates') }}

),

released as (

    select
        crime_area,
        dimension,
        category,
        category_no,
        {{ released('cases', 'cases_key') }} as cases,
        {{ released('withdrawals', 'withdrawals_key') }} as withdrawals
    from rates

),

with_area as (

    select
        *,
        max(case when dimension = 'all' then cases end)
            over (partition by crime_area) as area_cases,
        max(case when dimension = 'all' then withdrawals end)
            over (partition by crime_area) as area_withdrawals
    from released

),

-- The other cases of the area, from released totals.
compared as (

    select
        *,
        area_cases - cases as other_cases,
        area_withdrawals - withdrawals as other_withdrawals
    from with_area

),

tested as (

    select
        *,
        case
            when
                dimension != 'all' and {{ has_released_share('withdrawals', 'cases') }}
                then {{ two_proportion_z(
                    'withdrawals', 'cases', 'other_withdrawals', 'other_cases'
                ) }}
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
        {{ released_share('withdrawals', 'cases') }} as withdrawal_rate,
        {{ released_bound('withdrawals', 'cases', '-') }} as ci_low,
        {{ released_bound('withdrawals', 'cases', '+') }} as ci_high,
        case
            when z_score > {{ var('significance_z') }}e0 then 'higher'
            when z_score < -{{ var('significance_z') }}e0 then 'lower'
        end as significance,
        category_no,
        {{ fewer_than_10(['cases', 'withdrawals']) }} as fewer_than_10
    from tested

)

select * from final
