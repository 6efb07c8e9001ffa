with

steps as (

    select * from {{ ref('flow_steps') }}

),

crime_reports as (

    select
        removal_step_no,
        count(*) as crime_reports,
        {{ cell_key() }} as crime_reports_key
    from {{ ref('int_crime_reports') }}
    group by removal_step_no

),

delivered as (

    select
        coalesce(sum(crime_reports), 0) as crime_reports,
        {{ cell_key('crime_reports_key') }} as crime_reports_key
    from crime_reports

),

removed as (

    select
        steps.step_no,
        steps.step,
        cast(coalesce(crime_reports.crime_reports, 0) as bigint)
            as crime_reports_removed,
        coalesce(crime_reports.crime_reports_key, 0) as crime_reports_removed_key
    from steps
    left join crime_reports
        on steps.step_no = crime_reports.removal_step_no

),

final as (

    select
        removed.step_no,
        removed.step,
        removed.crime_reports_removed,
        cast(
            delivered.crime_reports
            - sum(removed.crime_reports_removed) over (order by removed.step_no)
            as bigint
        ) as crime_reports_left,
        removed.crime_reports_removed_key,
        -- Of the reports left: the sum less that of the reports removed so far.
        cast({{ remaining_key(
            'delivered.crime_reports_key',
            'sum(removed.crime_reports_removed_key) over (order by removed.step_no)'
            ~ ' % 4096'
        ) }} as integer) as crime_reports_left_key
    from removed
    cross join delivered

)

select * from final
