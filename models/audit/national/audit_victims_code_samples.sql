with

samples as (

    select * from {{ ref('int_national__audit_samples_described') }}

),

answers as (

    select * from {{ ref('int_national__audit_answers_checked') }}
    where is_current and rejection_reason is null

),

questions as (

    select * from {{ ref('victims_code_questions') }}

),

asked as (

    select
        samples.sample_ref,
        count(*) as questions,
        count(answers.answer) as answers,
        count(case when answers.answer = 'no' then 1 end) as answers_no,
        count(
            case when answers.answer = 'no' and answers.no_reason is null then 1 end
        ) as unexplained,
        max(case when questions.days_allowed is not null then answers.answer end)
            as referral_answer,
        max(questions.days_allowed) as days_allowed
    from samples
    inner join questions
        on samples.audit = questions.audit
    left join answers
        on
            samples.sample_ref = answers.sample_ref
            and samples.delivery = answers.delivery
            and questions.question_code = answers.question_code
    group by samples.sample_ref

),

-- The answer implied by the dates.
dated as (

    select
        samples.*,
        asked.questions,
        asked.answers,
        asked.answers_no,
        asked.unexplained,
        asked.referral_answer,
        case
            when samples.need_identified_on is null then 'not applicable'
            when samples.days_to_referral <= asked.days_allowed then 'yes'
            else 'no'
        end as answer_by_dates
    from samples
    inner join asked
        on samples.sample_ref = asked.sample_ref

),

final as (

    select
        delivery,
        sample_ref,
        gender,
        age_group,
        ethnicity,
        questions,
        answers,
        answers_no,
        unexplained,
        referral_answer,
        answer_by_dates
    from dated

)

select * from final
