with

surveys as (

    select * from {{ ref('int_national__victim_surveys_checked') }}
    where is_current and rejection_reason is null

),

service_bands as (

    select * from {{ ref('survey_service_bands') }}

),

described as (

    {{ described_people('surveys') }}

),

final as (

    select
        described.survey_ref,
        {{ record_key('described.survey_ref') }} as record_key,
        described.force,
        described.survey,
        described.channel,
        described.department,
        described.incident_type,
        described.place,
        {{ weekday_name('described.sent_on') }} as weekday,
        case
            when described.sent_hour < 6 then '00-06'
            when described.sent_hour < 12 then '06-12'
            when described.sent_hour < 18 then '12-18'
            when described.sent_hour < 24 then '18-24'
        end as part_of_day,
        described.gender_group as gender,
        described.age_group,
        described.ethnic_group as ethnicity,
        described.disposal,
        described.vulnerability,
        service_bands.service_band,
        described.sent_on,
        {{ days_between('described.recorded_on', 'described.sent_on') }}
            as days_after_recording,
        described.responded_on is not null as is_answered,
        described.outcome,
        described.is_satisfied,
        coalesce(described.has_free_text, false) as has_free_text,
        coalesce(
            described.gender, cast(described.age as string), described.ethnicity
        ) is not null as has_demographics
    from described
    left join service_bands
        on
            described.service_aspects
            between service_bands.min_aspects and service_bands.max_aspects

)

select * from final
