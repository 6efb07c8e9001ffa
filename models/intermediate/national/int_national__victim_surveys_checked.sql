-- A later delivery replaces the answer; a repeated key rejects every row that has it.
with

surveys as (

    select
        rows_staged.*,
        force_names.force
    from {{ ref('stg_national__victim_surveys') }} as rows_staged
    left join {{ ref('force_names') }} as force_names
        on
            {{ match_key('rows_staged.raw_force') }}
            = {{ match_key('force_names.raw_force') }}

),

channel_list as (

    select distinct {{ match_key('answer') }} as listed
    from {{ ref('survey_answers') }}
    where field = 'channel'

),

outcome_list as (

    select distinct {{ match_key('answer') }} as listed
    from {{ ref('survey_answers') }}
    where field = 'outcome'

),

disposal_list as (

    select distinct {{ match_key('answer') }} as listed
    from {{ ref('survey_answers') }}
    where field = 'disposal'

),

vulnerability_list as (

    select distinct {{ match_key('answer') }} as listed
    from {{ ref('survey_answers') }}
    where field = 'vulnerability'

),

latest as (

    select
        survey_ref,
        max(delivery) as latest_delivery
    from surveys
    group by survey_ref

),

repeated_keys as (

    select
        delivery,
        survey_ref
    from surveys
    group by delivery, survey_ref
    having count(*) > 1

),

final as (

    select
        surveys.*,
        coalesce(surveys.delivery = latest.latest_delivery, false) as is_current,
        case
            when surveys.row_problem is not null then surveys.row_problem
            when surveys.raw_force is not null and surveys.force is null
                then 'not_in_forces force'
            when surveys.channel is not null and channel_list.listed is null
                then 'not_in_list channel'
            when surveys.outcome is not null and outcome_list.listed is null
                then 'not_in_list outcome'
            when surveys.disposal is not null and disposal_list.listed is null
                then 'not_in_list disposal'
            when surveys.vulnerability is not null and vulnerability_list.listed is null
                then 'not_in_list vulnerability'
            when surveys.sent_hour > 23 then 'sent_hour_above_23'
            when surveys.sent_on < surveys.recorded_on then 'sent_before_recorded'
            when surveys.responded_on < surveys.sent_on then 'responded_before_sent'
            when
                surveys.responded_on is null
                and (
                    surveys.outcome is not null
                    or surveys.is_satisfied is not null
                    or coalesce(surveys.has_free_text, false)
                )
                then 'answer_without_response_date'
            when repeated_keys.delivery is not null then 'key_repeated'
        end as rejection_reason
    from surveys
    left join channel_list
        on {{ match_key('surveys.channel') }} = channel_list.listed
    left join outcome_list
        on {{ match_key('surveys.outcome') }} = outcome_list.listed
    left join disposal_list
        on {{ match_key('surveys.disposal') }} = disposal_list.listed
    left join vulnerability_list
        on {{ match_key('surveys.vulnerability') }} = vulnerability_list.listed
    left join latest
        on surveys.survey_ref = latest.survey_ref
    left join repeated_keys
        on
            surveys.delivery = repeated_keys.delivery
            and surveys.survey_ref = repeated_keys.survey_ref

)

select * from final
