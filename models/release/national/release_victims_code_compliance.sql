{{ config(alias='victims_code_compliance') }}
{%- set z = var('interval_z') %}
{%- set of_questions = ['answers_yes', 'answers_no', 'answers_not_applicable'] %}
{%- set of_all = [
    'answers', 'compliant', 'legitimate_no', 'answers_but_for_legitimate'
] %}
with

compliance as (

    select
        *,
        answers - legitimate_no as answers_but_for_legitimate,
        {{ remaining_key('answers_key', 'legitimate_no_key') }}
            as answers_but_for_legitimate_key
    from {{ ref('victims_code_compliance') }}

),

counts as (

    select
        audit,
        force,
        question_code,
        question,
        is_in_overall,
        dimension,
        category,
        reference_category,
        {{ released_counts(of_all + of_questions) }}
    from compliance

),

compared as (

    select
        counts.*,
        reference_counts.answers as reference_answers,
        reference_counts.compliant as reference_compliant
    from counts
    left join counts as reference_counts
        on
            counts.audit = reference_counts.audit
            and counts.force = reference_counts.force
            and counts.question_code = reference_counts.question_code
            and counts.dimension = reference_counts.dimension
            and counts.reference_category = reference_counts.category
            and counts.category != reference_counts.category

),

ratios as (

    select
        *,
        case
            when
                {{ has_released_share('compliant', 'answers') }}
                and {{ has_released_share('reference_compliant', 'reference_answers') }}
                then
                    (cast(compliant as double) / answers)
                    / (cast(reference_compliant as double) / reference_answers)
        end as unrounded_ratio,
        case
            when
                {{ has_released_share('compliant', 'answers') }}
                and {{ has_released_share('reference_compliant', 'reference_answers') }}
                then {{ log_ratio_error(
                    'compliant', 'answers', 'reference_compliant', 'reference_answers'
                ) }}
        end as log_error
    from compared

),

final as (

    select
        audit,
        force,
        question_code,
        question,
        is_in_overall,
        dimension,
        category,
        {{ (of_all + of_questions) | join(',\n        ') }},
        {{ released_share('compliant', 'answers') }} as compliance,
        {{ released_bound('compliant', 'answers', '-') }} as ci_low,
        {{ released_bound('compliant', 'answers', '+') }} as ci_high,
        {{ released_share('compliant', 'answers_but_for_legitimate') }}
            as compliance_but_for_legitimate,
        reference_category,
        round(unrounded_ratio, 3) as ratio,
        round(unrounded_ratio * exp(-{{ z }}e0 * log_error), 3) as ratio_low,
        round(unrounded_ratio * exp({{ z }}e0 * log_error), 3) as ratio_high,
        case
            when question_code = 'every_question' then {{ fewer_than_10(of_all) }}
            else {{ fewer_than_10(of_all + of_questions) }}
        end as fewer_than_10
    from ratios

)

select * from final
