-- A question is one of its sample's audit, a reason one of its question.
with

answers as (

    select * from {{ ref('stg_national__audit_answers') }}

),

samples as (

    select * from {{ ref('int_national__audit_samples_checked') }}
    where rejection_reason is null

),

latest as (

    select
        sample_ref,
        max(delivery) as latest_delivery
    from answers
    group by sample_ref

),

questions as (

    select * from {{ ref('victims_code_questions') }}

),

no_reasons as (

    select * from {{ ref('victims_code_no_reasons') }}

),

repeated_keys as (

    select
        delivery,
        sample_ref,
        question_code
    from answers
    group by delivery, sample_ref, question_code
    having count(*) > 1

),

final as (

    select
        answers.*,
        coalesce(answers.delivery = latest.latest_delivery, false) as is_current,
        case
            when answers.row_problem is not null then answers.row_problem
            when samples.sample_ref is null
                then 'sample_not_delivered'
            when questions.question_code is null
                then 'not_a_question question_code'
            when answers.answer not in ('yes', 'no', 'not applicable')
                then 'not_an_answer answer'
            when answers.no_reason is not null and answers.answer != 'no'
                then 'reason_without_a_no'
            when answers.no_reason is not null and no_reasons.no_reason is null
                then 'not_a_reason no_reason'
            when repeated_keys.delivery is not null then 'key_repeated'
        end as rejection_reason
    from answers
    left join latest
        on answers.sample_ref = latest.sample_ref
    left join samples
        on
            answers.sample_ref = samples.sample_ref
            and answers.delivery = samples.delivery
    left join questions
        on
            samples.audit = questions.audit
            and answers.question_code = questions.question_code
    left join no_reasons
        on
            answers.question_code = no_reasons.question_code
            and answers.no_reason = no_reasons.no_reason
    left join repeated_keys
        on
            answers.delivery = repeated_keys.delivery
            and answers.sample_ref = repeated_keys.sample_ref
            and answers.question_code = repeated_keys.question_code

)

select * from final
