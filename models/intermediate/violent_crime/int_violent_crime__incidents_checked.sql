with

incidents as (

    select * from {{ ref('stg_violent_crime__incidents') }}

),

latest as (

    select
        incident_ref,
        max(delivery) as latest_delivery
    from incidents
    where incident_ref is not null
    group by incident_ref

),

repeated_keys as (

    select
        delivery,
        incident_ref
    from incidents
    where incident_ref is not null
    group by delivery, incident_ref
    having count(*) > 1

),

final as (

    select
        incidents.*,
        coalesce(incidents.delivery = latest.latest_delivery, false) as is_current,
        case
            when incidents.row_problem is not null then incidents.row_problem
            when repeated_keys.incident_ref is not null then 'key_repeated'
        end as rejection_reason
    from incidents
    left join latest
        on incidents.incident_ref = latest.incident_ref
    left join repeated_keys
        on
            incidents.incident_ref = repeated_keys.incident_ref
            and incidents.delivery = repeated_keys.delivery

)

select * from final
