-- A score is a share of all mentions, so the latest delivery's replace all earlier
-- ones, even where it has none.
with

mentions as (

    select * from {{ ref('stg_violent_crime__gang_mentions') }}

),

latest as (

    select max(delivery) as latest_delivery
    from {{ source('raw', 'deliveries') }}

),

repeated_keys as (

    select
        delivery,
        person_ref,
        mention_no
    from mentions
    where person_ref is not null and mention_no is not null
    group by delivery, person_ref, mention_no
    having count(*) > 1

),

final as (

    select
        mentions.*,
        coalesce(mentions.delivery = latest.latest_delivery, false) as is_current,
        case
            when mentions.row_problem is not null then mentions.row_problem
            when repeated_keys.person_ref is not null then 'key_repeated'
        end as rejection_reason
    from mentions
    cross join latest
    left join repeated_keys
        on
            mentions.delivery = repeated_keys.delivery
            and mentions.person_ref = repeated_keys.person_ref
            and mentions.mention_no = repeated_keys.mention_no

)

select * from final
