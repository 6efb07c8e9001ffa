-- The share of the checks of a dimension that an extract of a delivery passes.
with

gaps as (

    select * from {{ ref('gaps') }}

),

by_extract as (

    select * from {{ ref('gaps_by_group') }}
    where dimension = 'extract'

),

-- A gap of one extract counts there; for the others each row has its extract.
measured as (

    select
        delivery,
        extract,
        dimension,
        gap,
        population,
        failing,
        population_key,
        failing_key,
        share,
        verdict
    from gaps
    where extract is not null and population > 0

    union all

    select
        gaps.delivery,
        by_extract.category as extract,
        gaps.dimension,
        gaps.gap,
        by_extract.population,
        by_extract.failing,
        by_extract.population_key,
        by_extract.failing_key,
        by_extract.share,
        by_extract.verdict
    from gaps
    inner join by_extract
        on gaps.gap = by_extract.gap and gaps.delivery = by_extract.delivery
    where gaps.extract is null

),

ranked as (

    select
        *,
        max(share) over (partition by delivery, extract, dimension) as worst_share
    from measured

),

final as (

    select
        delivery,
        extract,
        dimension,
        cast(count(*) as integer) as gaps,
        cast(count(case when verdict = 'beyond tolerance' then 1 end) as integer)
            as gaps_beyond_tolerance,
        cast(count(case when verdict = 'too few to tell' then 1 end) as integer)
            as gaps_too_few_to_tell,
        cast(sum(population) as bigint) as checks,
        cast(sum(failing) as bigint) as failing,
        {{ cell_key('population_key') }} as checks_key,
        {{ cell_key('failing_key') }} as failing_key,
        1 - cast(sum(failing) as double) / sum(population) as score,
        min(case when share = worst_share and share > 0 then gap end) as worst_gap,
        max(worst_share) as worst_share
    from ranked
    group by delivery, extract, dimension

)

select * from final
