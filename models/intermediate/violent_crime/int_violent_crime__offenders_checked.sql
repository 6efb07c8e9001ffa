-- Rejected: a row that cannot be read, whose crime is not among those of its delivery,
-- or whose key is repeated.
with

offenders as (

    select * from {{ ref('stg_violent_crime__offenders') }}

),

reports as (

    select * from {{ ref('int_violent_crime__crimes_delivered') }}

),

repeated_keys as (

    select
        delivery,
        crime_ref,
        offender_no
    from offenders
    where crime_ref is not null and offender_no is not null
    group by delivery, crime_ref, offender_no
    having count(*) > 1

),

final as (

    select
        offenders.*,
        coalesce(reports.is_current, false) as is_current,
        case
            when offenders.row_problem is not null then offenders.row_problem
            when reports.crime_ref is null then 'crime_not_delivered'
            when repeated_keys.crime_ref is not null then 'key_repeated'
        end as rejection_reason
    from offenders
    left join reports
        on
            offenders.crime_ref = reports.crime_ref
            and offenders.delivery = reports.delivery
    left join repeated_keys
        on
            offenders.delivery = repeated_keys.delivery
            and offenders.crime_ref = repeated_keys.crime_ref
            and offenders.offender_no = repeated_keys.offender_no

)

select * from final
