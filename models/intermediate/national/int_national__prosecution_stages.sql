-- Cases with an identified victim alone (London study p. After CPS charge, note 3).
with

suspects as (

    select * from {{ ref('int_national__cps_suspects_checked') }}
    where is_current and rejection_reason is null and has_identified_victim

),

areas as (

    select * from {{ ref('cps_areas') }}

),

categories as (

    select * from {{ ref('cps_offence_categories') }}

),

results as (

    select * from {{ ref('cps_results') }}

),

reasons as (

    select * from {{ ref('cps_reasons') }}

),

stages as (

    select
        *,
        'pre-charge' as stage,
        decided_on as ended_on,
        {{ days_between('referred_on', 'decided_on') }} as days,
        decision as result,
        decision_reason as reason
    from suspects
    where decision is not null

    union all

    select
        *,
        'post-charge' as stage,
        finalised_on as ended_on,
        {{ days_between('decided_on', 'finalised_on') }} as days,
        finalisation as result,
        finalisation_reason as reason
    from suspects
    where finalisation is not null

),

final as (

    select
        stages.suspect_ref,
        stages.record_key,
        stages.stage,
        areas.area_name,
        nullif(areas.region, '') as region,
        categories.category_name,
        coalesce(stages.is_domestic_abuse, false) as is_domestic_abuse,
        stages.ended_on,
        stages.days,
        results.is_stopped,
        results.is_stopped
        and coalesce(reasons.is_due_to_victim, false) as is_due_to_victim
    from stages
    inner join areas
        on stages.cps_area = areas.cps_area
    inner join categories
        on stages.offence_category = categories.offence_category
    inner join results
        on stages.stage = results.stage and stages.result = results.result
    left join reasons
        on stages.stage = reasons.stage and stages.reason = reasons.reason

)

select * from final
