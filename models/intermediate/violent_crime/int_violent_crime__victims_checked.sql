-- Rejected: a row that cannot be read, whose crime is not among those of its delivery,
-- or whose key is repeated.
with

victims as (

    select * from {{ ref('stg_violent_crime__victims') }}

),

reports as (

    select * from {{ ref('int_violent_crime__crimes_delivered') }}

),

repeated_keys as (

    select
        delivery,
        crime_ref,
        victim_no
    from victims
    where crime_ref is not null and victim_no is not null
    group by delivery, crime_ref, victim_no
    having count(*) > 1

),

final as (

    select
        victims.*,
        coalesce(reports.is_current, false) as is_current,
        case
            when victims.row_problem is not null then victims.row_problem
            when reports.crime_ref is null then 'crime_not_delivered'
            when repeated_keys.crime_ref is not null then 'key_repeated'
        end as rejection_reason
    from victims
    left join reports
        on
            victims.crime_ref = reports.crime_ref
            and victims.delivery = reports.delivery
    left join repeated_keys
        on
            victims.delivery = repeated_keys.delivery
            and victims.crime_ref = repeated_keys.crime_ref
            and victims.victim_no = repeated_keys.victim_no

)

select * from final
