-- A later delivery replaces the sample; a repeated key rejects every row that has it.
with

samples as (

    select
        rows_staged.*,
        force_names.force
    from {{ ref('stg_national__audit_samples') }} as rows_staged
    left join {{ ref('force_names') }} as force_names
        on
            {{ match_key('rows_staged.raw_force') }}
            = {{ match_key('force_names.raw_force') }}

),

audit_list as (

    select distinct {{ match_key('audit') }} as listed
    from {{ ref('victims_code_questions') }}

),

latest as (

    select
        sample_ref,
        max(delivery) as latest_delivery
    from samples
    group by sample_ref

),

repeated_keys as (

    select
        delivery,
        sample_ref
    from samples
    group by delivery, sample_ref
    having count(*) > 1

),

final as (

    select
        samples.*,
        coalesce(samples.delivery = latest.latest_delivery, false) as is_current,
        case
            when samples.row_problem is not null then samples.row_problem
            when samples.raw_force is not null and samples.force is null
                then 'not_in_forces force'
            when samples.audit is not null and audit_list.listed is null
                then 'not_in_list audit'
            when samples.referred_on is not null and samples.need_identified_on is null
                then 'referred_without_need'
            when samples.referred_on < samples.need_identified_on
                then 'referred_before_need'
            when repeated_keys.delivery is not null then 'key_repeated'
        end as rejection_reason
    from samples
    left join audit_list
        on {{ match_key('samples.audit') }} = audit_list.listed
    left join latest
        on samples.sample_ref = latest.sample_ref
    left join repeated_keys
        on
            samples.delivery = repeated_keys.delivery
            and samples.sample_ref = repeated_keys.sample_ref

)

select * from final
