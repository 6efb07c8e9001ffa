-- A later delivery replaces the suspect; a repeated key rejects every row that has it.
with

suspects as (

    select
        rows_staged.*,
        force_names.force
    from {{ ref('stg_national__cps_suspects') }} as rows_staged
    left join {{ ref('force_names') }} as force_names
        on
            {{ match_key('rows_staged.raw_force') }}
            = {{ match_key('force_names.raw_force') }}

),

cps_area_list as (

    select distinct {{ match_key('cps_area') }} as listed
    from {{ ref('cps_areas') }}

),

offence_category_list as (

    select distinct {{ match_key('offence_category') }} as listed
    from {{ ref('cps_offence_categories') }}

),

decision_list as (

    select distinct {{ match_key('result') }} as listed
    from {{ ref('cps_results') }}
    where stage = 'pre-charge'

),

decision_reason_list as (

    select distinct {{ match_key('reason') }} as listed
    from {{ ref('cps_reasons') }}
    where stage = 'pre-charge'

),

finalisation_list as (

    select distinct {{ match_key('result') }} as listed
    from {{ ref('cps_results') }}
    where stage = 'post-charge'

),

finalisation_reason_list as (

    select distinct {{ match_key('reason') }} as listed
    from {{ ref('cps_reasons') }}
    where stage = 'post-charge'

),

latest as (

    select
        suspect_ref,
        max(delivery) as latest_delivery
    from suspects
    group by suspect_ref

),

repeated_keys as (

    select
        delivery,
        suspect_ref
    from suspects
    group by delivery, suspect_ref
    having count(*) > 1

),

final as (

    select
        suspects.*,
        {{ record_key('suspects.suspect_ref') }} as record_key,
        coalesce(suspects.delivery = latest.latest_delivery, false) as is_current,
        case
            when suspects.row_problem is not null then suspects.row_problem
            when suspects.raw_force is not null and suspects.force is null
                then 'not_in_forces force'
            when suspects.cps_area is not null and cps_area_list.listed is null
                then 'not_in_list cps_area'
            when
                suspects.offence_category is not null
                and offence_category_list.listed is null
                then 'not_in_list offence_category'
            when suspects.decision is not null and decision_list.listed is null
                then 'not_in_list decision'
            when
                suspects.decision_reason is not null
                and decision_reason_list.listed is null
                then 'not_in_list decision_reason'
            when suspects.finalisation is not null and finalisation_list.listed is null
                then 'not_in_list finalisation'
            when
                suspects.finalisation_reason is not null
                and finalisation_reason_list.listed is null
                then 'not_in_list finalisation_reason'
            when suspects.submission not in ('new', 'resubmission')
                then 'not_new_or_resubmission submission'
            when (suspects.decision is null) != (suspects.decided_on is null)
                then 'decision_and_date_apart'
            when (suspects.finalisation is null) != (suspects.finalised_on is null)
                then 'finalisation_and_date_apart'
            when
                suspects.finalisation is not null
                and coalesce(suspects.decision, '') != 'charge'
                then 'finalisation_without_charge'
            when suspects.decided_on < suspects.referred_on
                then 'decided_before_referred'
            when suspects.finalised_on < suspects.decided_on
                then 'finalised_before_decided'
            when repeated_keys.delivery is not null then 'key_repeated'
        end as rejection_reason
    from suspects
    left join cps_area_list
        on {{ match_key('suspects.cps_area') }} = cps_area_list.listed
    left join offence_category_list
        on {{ match_key('suspects.offence_category') }} = offence_category_list.listed
    left join decision_list
        on {{ match_key('suspects.decision') }} = decision_list.listed
    left join decision_reason_list
        on {{ match_key('suspects.decision_reason') }} = decision_reason_list.listed
    left join finalisation_list
        on {{ match_key('suspects.finalisation') }} = finalisation_list.listed
    left join finalisation_reason_list
        on
            {{ match_key('suspects.finalisation_reason') }}
            = finalisation_reason_list.listed
    left join latest
        on suspects.suspect_ref = latest.suspect_ref
    left join repeated_keys
        on
            suspects.delivery = repeated_keys.delivery
            and suspects.suspect_ref = repeated_keys.suspect_ref

)

select * from final
