{{ config(alias='withdrawal_timing') }}
with

timing as (

    select * from {{ ref('withdrawal_timing') }}

),

areas as (

    select distinct crime_area from {{ ref('withdrawal_rates') }}

),

bands as (

    select distinct
        duration_band,
        band_no
    from timing

),

-- An area without a row of a band would reveal that it has none.
every_band as (

    select
        areas.crime_area,
        bands.duration_band,
        bands.band_no,
        coalesce(timing.withdrawals, 0) as withdrawals,
        coalesce(timing.withdrawals_key, 0) as withdrawals_key
    from areas
    cross join bands
    left join timing
        on
            areas.crime_area = timing.crime_area
            and bands.duration_band = timing.duration_band

),

totals as (

    select
        crime_area,
        cast(sum(withdrawals) as bigint) as withdrawals,
        {{ cell_key('withdrawals_key') }} as withdrawals_key
    from every_band
    group by crime_area

),

released as (

    select
        every_band.crime_area,
        every_band.duration_band,
        every_band.band_no,
        {{ released('every_band.withdrawals', 'every_band.withdrawals_key') }}
            as withdrawals,
        {{ released('totals.withdrawals', 'totals.withdrawals_key') }}
            as area_withdrawals
    from every_band
    inner join totals
        on every_band.crime_area = totals.crime_area

),

final as (

    select
        crime_area,
        duration_band,
        withdrawals,
        {{ released_share('withdrawals', 'area_withdrawals') }} as share,
        band_no,
        {{ fewer_than_10(['withdrawals']) }} as fewer_than_10
    from released

)

select * from final
