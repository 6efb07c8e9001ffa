with

samples as (

    select * from {{ ref('int_national__audit_samples_checked') }}
    where is_current and rejection_reason is null

),

described as (

    {{ described_people('samples') }}

),

final as (

    select
        audit,
        force,
        sample_ref,
        {{ record_key('sample_ref') }} as record_key,
        delivery,
        audited_on,
        coalesce(crime_kind, 'not recorded') as crime_kind,
        gender_group as gender,
        age_group,
        ethnic_group as ethnicity,
        need_identified_on,
        referred_on,
        {{ days_between('need_identified_on', 'referred_on') }} as days_to_referral
    from described

)

select * from final
