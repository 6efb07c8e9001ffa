-- Violent-crime study, section 4: scaled by the empirical distribution function of all
-- gang activity before it is linked to the crimes.
with

mentions as (

    select * from {{ ref('int_violent_crime__gang_mentions_checked') }}
    where is_current and rejection_reason is null

),

persons as (

    select
        person_ref,
        count(*) as mentions
    from mentions
    group by person_ref

),

final as (

    select
        person_ref,
        mentions,
        cume_dist() over (order by mentions) as gang_score
    from persons

)

select * from final
