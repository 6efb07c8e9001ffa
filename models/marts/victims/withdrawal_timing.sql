-- Investigation complete is used as the day of withdrawal: the outcome code is mostly
-- changed later (London study p. Victims withdraw at different stages, note 1).
with

withdrawals as (

    select * from {{ ref('cases') }}
    where is_victim_withdrawal

),

case_areas as (

    select * from {{ ref('int_case_areas') }}

),

counts as (

    select
        case_areas.crime_area,
        withdrawals.duration_band,
        count(*) as withdrawals,
        {{ cell_key('withdrawals.record_key') }} as withdrawals_key
    from withdrawals
    inner join case_areas
        on withdrawals.crime_ref = case_areas.crime_ref
    group by case_areas.crime_area, withdrawals.duration_band

),

category_order as (

    select * from {{ ref('category_order') }}
    where variable = 'duration_band'

),

final as (

    select
        counts.crime_area,
        counts.duration_band,
        counts.withdrawals,
        counts.withdrawals_key,
        cast(counts.withdrawals as double)
        / sum(counts.withdrawals) over (partition by counts.crime_area) as share,
        category_order.category_no as band_no
    from counts
    left join category_order
        on counts.duration_band = category_order.category

)

select * from final
