-- Where every delivered row ended: in a mart, under one step of the flow, or rejected.
with

steps as (

    select * from {{ ref('flow_steps') }}

),

removed as (

    select
        crime_reports.crime_ref,
        steps.step
    from {{ ref('int_crime_reports') }} as crime_reports
    inner join steps
        on crime_reports.removal_step_no = steps.step_no

),

delivered_rows as (

    select * from {{ ref('int_rows_checked') }}

),

placed as (

    select
        delivered_rows.delivery,
        delivered_rows.extract,
        case
            when delivered_rows.rejection_reason is not null then 'rejected'
            when not delivered_rows.is_current then 'replaced by a later delivery'
            when delivered_rows.set_aside_reason is not null
                then delivered_rows.set_aside_reason
            when removed.step is not null then concat('flow: ', removed.step)
            else 'in the combined dataset'
        end as disposition
    from delivered_rows
    left join removed
        on delivered_rows.crime_ref = removed.crime_ref

    union all

    select
        delivery,
        extract,
        'rejected' as disposition
    from {{ ref('stg_malformed_rows') }}

),

final as (

    select
        delivery,
        extract,
        disposition,
        count(*) as delivered_rows
    from placed
    group by delivery, extract, disposition

)

select * from final
