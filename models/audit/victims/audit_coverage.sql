-- Expected rows: every borough in every delivery; every month between
-- a delivery's first and last, unless an earlier delivery brought it or its neighbours
-- are nearly empty too.
with

offences as (

    select
        delivery,
        {{ match_key('borough') }} as borough,
        extract(year from recorded_on) * 12 + extract(month from recorded_on) - 1
            as month_no
    from {{ ref('int_offences_checked') }}
    where rejection_reason is null

),

deliveries as (

    select distinct delivery
    from offences

),

boroughs as (

    select borough
    from {{ ref('borough_bcus') }}
    where borough not in ('Unknown', 'Heathrow')

),

by_borough as (

    select
        delivery,
        borough,
        count(*) as offences
    from offences
    group by delivery, borough

),

by_month as (

    select
        delivery,
        month_no,
        {{ "delivery" if crime_report_source() == 'nibrs' else "'all'" }} as series,
        count(*) as offences
    from offences
    group by delivery, month_no

),

years as (

    select distinct cast(floor(month_no / 12) as integer) as year_no
    from by_month

),

months (month_of_year) as (

    values
    {% for month in range(12) -%}
    ({{ month }}){{ "," if not loop.last }}
    {% endfor %}

),

-- The months of every year in which anything was recorded.
calendar as (

    select years.year_no * 12 + months.month_of_year as month_no
    from years
    cross join months

),

so_far as (

    select
        deliveries.delivery,
        by_month.month_no,
        sum(by_month.offences) as offences
    from deliveries
    inner join by_month
        on
            deliveries.delivery >= by_month.delivery
            and by_month.series in ('all', deliveries.delivery)
    group by deliveries.delivery, by_month.month_no

),

bounds as (

    select
        delivery,
        min(month_no) as first_month_no,
        max(month_no) as last_month_no
    from by_month
    group by delivery

),

spans as (

    select
        bounds.delivery,
        calendar.month_no,
        by_month.offences,
        so_far.offences as offences_so_far,
        lag(by_month.offences) over (
            partition by bounds.delivery order by calendar.month_no
        ) as offences_before,
        lead(by_month.offences) over (
            partition by bounds.delivery order by calendar.month_no
        ) as offences_after
    from bounds
    inner join calendar
        on
            bounds.first_month_no <= calendar.month_no
            and bounds.last_month_no >= calendar.month_no
    left join by_month
        on
            bounds.delivery = by_month.delivery
            and calendar.month_no = by_month.month_no
    left join so_far
        on
            bounds.delivery = so_far.delivery
            and calendar.month_no = so_far.month_no

),

final as (

    select
        deliveries.delivery,
        'borough' as kind,
        boroughs.borough as expected,
        coalesce(by_borough.offences, 0) as offences,
        cast(1 as bigint) as least_offences
    from deliveries
    cross join boroughs
    left join by_borough
        on
            deliveries.delivery = by_borough.delivery
            and {{ match_key('boroughs.borough') }} = by_borough.borough
    where '{{ crime_report_source() }}' = 'cris'

    union all

    select
        delivery,
        'month' as kind,
        concat(
            cast(cast(floor(month_no / 12) as integer) as string),
            '-',
            lpad(cast(cast(month_no % 12 + 1 as integer) as string), 2, '0')
        ) as expected,
        coalesce(offences, 0) as offences,
        -- A later delivery brings few reports of months long past.
        cast(case
            when
                offences_so_far is null
                or least(coalesce(offences_before, 0), coalesce(offences_after, 0))
                >= {{ var('busy_month') }}
                then 1
            else 0
        end as bigint) as least_offences
    from spans

)

select * from final
