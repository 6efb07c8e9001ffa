-- Changes against the previous deliveries of the same source: rows, shares of
-- categories, shares missing. Three standard errors are subtracted from each, so that
-- chance alone gives none.
with

counts as (

    select * from {{ ref('audit_field_counts') }}

),

by_category as (

    select * from counts
    where field != 'rows'

),

delivered as (

    select * from counts
    where field = 'rows'

),

-- A state-year is compared with earlier years of its own state.
deliveries as (

    select distinct
        delivery,
        {{ "substr(delivery, 1, 2)" if crime_report_source() == 'nibrs' else "'all'" }}
            as series
    from delivered

),

numbered as (

    select
        delivery,
        series,
        row_number() over (partition by series order by delivery) as delivery_no
    from deliveries

),

totals as (

    select
        delivery,
        extract,
        field,
        sum(delivered_rows) as total_rows
    from by_category
    group by delivery, extract, field

),

categories as (

    select distinct
        extract,
        field,
        category
    from by_category

),

-- A category that a delivery does not hold has a share of nothing in it.
shares as (

    select
        numbered.series,
        numbered.delivery_no,
        totals.delivery,
        totals.extract,
        totals.field,
        categories.category,
        totals.total_rows,
        coalesce(by_category.delivered_rows, 0) as delivered_rows,
        coalesce(by_category.delivered_rows, 0) * 1.0 / totals.total_rows as share
    from totals
    inner join numbered
        on totals.delivery = numbered.delivery
    inner join categories
        on totals.extract = categories.extract and totals.field = categories.field
    left join by_category
        on
            totals.delivery = by_category.delivery
            and totals.extract = by_category.extract
            and totals.field = by_category.field
            and categories.category = by_category.category

    union all

    select
        numbered.series,
        numbered.delivery_no,
        delivered.delivery,
        delivered.extract,
        'rows' as field,
        'All rows' as category,
        delivered.delivered_rows as total_rows,
        delivered.delivered_rows,
        cast(null as double) as share
    from delivered
    inner join numbered
        on delivered.delivery = numbered.delivery

),

usual as (

    select
        shares.delivery,
        shares.extract,
        shares.field,
        shares.category,
        count(*) as compared_with,
        cast(median(previous.share) as double) as usual_share,
        cast(median(previous.delivered_rows) as double) as usual_rows,
        cast(sum(previous.total_rows) as double) as previous_rows
    from shares
    inner join shares as previous
        on
            shares.series = previous.series
            and shares.extract = previous.extract
            and shares.field = previous.field
            and shares.category = previous.category
            and previous.delivery_no
            between shares.delivery_no - {{ var('compared_deliveries') }}
            and shares.delivery_no - 1
    group by shares.delivery, shares.extract, shares.field, shares.category
    having count(*) >= {{ var('least_compared_deliveries') }}

),

compared as (

    select
        shares.*,
        coalesce(usual.compared_with, 0) as compared_with,
        usual.usual_rows,
        usual.usual_share,
        -- Beyond three standard errors of the difference of two proportions.
        greatest(
            abs(shares.share - usual.usual_share)
            - 3 * sqrt(
                usual.usual_share * (1 - usual.usual_share)
                * (1.0 / shares.total_rows + 1.0 / usual.previous_rows)
            ),
            0
        ) as share_change
    from shares
    left join usual
        on
            shares.delivery = usual.delivery
            and shares.extract = usual.extract
            and shares.field = usual.field
            and shares.category = usual.category

),

final as (

    select
        delivery,
        extract,
        field,
        category,
        cast(delivered_rows as bigint) as delivered_rows,
        cast(share as double) as share,
        cast(compared_with as integer) as compared_with,
        usual_rows,
        usual_share,
        case
            when field = 'rows' and usual_rows > 0
                then
                    greatest(
                        abs(delivered_rows / usual_rows - 1)
                        - 3 / sqrt(usual_rows),
                        0
                    )
        end as volume_change,
        case when field != 'rows' and category != 'Missing' then share_change end
            as category_share_change,
        case when category = 'Missing' then share_change end as missing_share_change
    from compared

)

select * from final
