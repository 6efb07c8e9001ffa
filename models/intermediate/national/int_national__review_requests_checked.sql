-- A later delivery replaces the request; a repeated key rejects every row that has it.
with

requests as (

    select
        rows_staged.*,
        force_names.force
    from {{ ref('stg_national__review_requests') }} as rows_staged
    left join {{ ref('force_names') }} as force_names
        on
            {{ match_key('rows_staged.raw_force') }}
            = {{ match_key('force_names.raw_force') }}

),

ground_list as (

    select distinct {{ match_key('ground') }} as listed
    from {{ ref('review_grounds') }}

),

latest as (

    select
        review_ref,
        max(delivery) as latest_delivery
    from requests
    group by review_ref

),

repeated_keys as (

    select
        delivery,
        review_ref
    from requests
    group by delivery, review_ref
    having count(*) > 1

),

final as (

    select
        requests.*,
        coalesce(requests.delivery = latest.latest_delivery, false) as is_current,
        case
            when requests.row_problem is not null then requests.row_problem
            when requests.raw_force is not null and requests.force is null
                then 'not_in_forces force'
            when requests.ground is not null and ground_list.listed is null
                then 'not_in_list ground'
            when (requests.decided_on is null) != (requests.is_upheld is null)
                then 'review_and_date_apart'
            when requests.decided_on < requests.requested_on
                then 'decided_before_requested'
            when repeated_keys.delivery is not null then 'key_repeated'
        end as rejection_reason
    from requests
    left join ground_list
        on {{ match_key('requests.ground') }} = ground_list.listed
    left join latest
        on requests.review_ref = latest.review_ref
    left join repeated_keys
        on
            requests.delivery = repeated_keys.delivery
            and requests.review_ref = repeated_keys.review_ref

)

select * from final
