-- Each gap of each delivery against its tolerance, the delivery before and the
-- published figure.
with

gaps as (

    select * from {{ ref('data_quality_gaps') }}

),

counts as (

    select * from {{ ref('audit_gap_counts') }}

),

deliveries as (

    select
        delivery,
        lag(delivery) over (order by delivery) as previous_delivery
    from (select distinct delivery from counts) as each_once

),

counted as (

    select
        gap,
        delivery,
        cast(sum(population) as bigint) as population,
        cast(sum(failing) as bigint) as failing,
        {{ cell_key('population_key') }} as population_key,
        {{ cell_key('failing_key') }} as failing_key
    from counts
    where dimension != 'crime_area'
    group by gap, delivery

),

shares as (

    select
        gap,
        delivery,
        population,
        failing,
        population_key,
        failing_key,
        nullif(population, 0) as checked,
        cast(failing as double) / nullif(population, 0) as share
    from counted

),

judged as (

    select
        shares.*,
        gaps.suite,
        gaps.dimension,
        gaps.extract,
        gaps.description,
        gaps.severity,
        gaps.owner,
        gaps.tolerance,
        gaps.published_share,
        {{ gap_verdict() }} as verdict
    from shares
    inner join gaps
        on shares.gap = gaps.gap

),

final as (

    select
        judged.gap,
        judged.delivery,
        judged.suite,
        judged.dimension,
        judged.extract,
        judged.description,
        judged.severity,
        judged.owner,
        judged.verdict,
        judged.population,
        judged.failing,
        judged.population_key,
        judged.failing_key,
        judged.share,
        {{ wilson_bound('judged.share', 'judged.checked', var('interval_z'), '-') }}
            as ci_low,
        {{ wilson_bound('judged.share', 'judged.checked', var('interval_z'), '+') }}
            as ci_high,
        judged.tolerance,
        judged.published_share,
        before.share as previous_share,
        judged.share - before.share as change,
        judged.verdict != 'beyond tolerance' as is_within_tolerance
    from judged
    inner join deliveries
        on judged.delivery = deliveries.delivery
    left join shares as before
        on
            judged.gap = before.gap
            and deliveries.previous_delivery = before.delivery

)

select * from final
