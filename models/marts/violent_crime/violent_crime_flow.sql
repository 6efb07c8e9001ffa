with

steps as (

    select * from {{ ref('violent_crime_flow_steps') }}

),

crimes as (

    select
        removal_step_no,
        count(*) as crimes,
        sum(record_key) as record_keys
    from {{ ref('int_violent_crime__crimes') }}
    group by removal_step_no

),

delivered as (

    select
        coalesce(sum(crimes), 0) as crimes,
        coalesce(sum(record_keys), 0) as record_keys
    from crimes

),

removed as (

    select
        steps.step_no,
        steps.step,
        cast(coalesce(crimes.crimes, 0) as bigint) as crimes_removed,
        coalesce(crimes.record_keys, 0) as record_keys
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
        delivered.record_keys
        - sum(removed.record_keys) over (order by removed.step_no) as record_keys_left,
        delivered.crimes as crimes_delivered
    from removed
    cross join delivered

),

final as (

    select
        step_no,
        step,
        crimes_removed,
        cast(record_keys % 4096 as integer) as crimes_removed_key,
        crimes_left,
        cast(record_keys_left % 4096 as integer) as crimes_left_key,
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
