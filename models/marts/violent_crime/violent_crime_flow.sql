with

steps as (

    select * from {{ ref('violent_crime_flow_steps') }}

),

crimes as (

    select
        removal_step_no,
        count(*) as crimes
    from {{ ref('int_violent_crime__crimes') }}
    group by removal_step_no

),

delivered as (

    select coalesce(sum(crimes), 0) as crimes
    from crimes

),

removed as (

    select
        steps.step_no,
        steps.step,
        cast(coalesce(crimes.crimes, 0) as bigint) as crimes_removed
    from steps
    left join crimes
        on steps.step_no = crimes.removal_step_no

),

left_over as (

    select
        removed.*,
        cast(
            delivered.crimes
            - sum(removed.crimes_removed) over (order by removed.step_no)
            as bigint
        ) as crimes_left,
        delivered.crimes as crimes_delivered
    from removed
    cross join delivered

),

final as (

    select
        step_no,
        step,
        crimes_removed,
        crimes_left,
        case
            when crimes_left + crimes_removed > 0
                then
                    cast(crimes_removed as double)
                    / (crimes_left + crimes_removed)
        end as share_lost,
        case
            when crimes_delivered > 0
                then cast(crimes_left as double) / crimes_delivered
        end as share_left
    from left_over

)

select * from final
