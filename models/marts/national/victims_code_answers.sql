with

answers as (

    select * from {{ ref('int_national__audit_answers_checked') }}
    where is_current and rejection_reason is null

),

samples as (

    select * from {{ ref('int_national__audit_samples_described') }}

),

questions as (

    select * from {{ ref('victims_code_questions') }}

),

no_reasons as (

    select * from {{ ref('victims_code_no_reasons') }}

),

final as (

    select
        samples.audit,
        samples.force,
        samples.sample_ref,
        samples.record_key,
        samples.audited_on,
        samples.crime_kind,
        samples.gender,
        samples.age_group,
        samples.ethnicity,
        answers.question_code,
        questions.question,
        questions.is_in_overall,
        answers.answer,
        answers.answer = 'yes'
        or (
            answers.answer = 'not applicable'
            and questions.is_not_applicable_compliant
        ) as is_compliant,
        answers.answer = 'no'
        and coalesce(no_reasons.is_legitimate, false) as is_legitimate_no
    from answers
    inner join samples
        on
            answers.sample_ref = samples.sample_ref
            and answers.delivery = samples.delivery
    inner join questions
        on
            samples.audit = questions.audit
            and answers.question_code = questions.question_code
    left join no_reasons
        on
            answers.question_code = no_reasons.question_code
            and answers.no_reason = no_reasons.no_reason

)

select * from final
