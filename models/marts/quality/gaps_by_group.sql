with

gaps as (

    select * from {{ ref('data_quality_gaps') }}

),

counts as (

    select * from {{ ref('audit_gap_counts') }}
    where dimension != 'all' and population > 0

),

final as (

    select
        counts.gap,
        counts.delivery,
        counts.dimension,
        counts.category,
        counts.population,
        counts.failing,
        counts.population_key,
        counts.failing_key,
        gaps.tolerance,
        cast(counts.failing as double) / counts.population as share,
        {{ gap_verdict() }} as verdict
    from counts
    inner join gaps
        on counts.gap = gaps.gap

)

select * from final
