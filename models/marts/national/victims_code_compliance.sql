{%- set z = var('interval_z') -%}
-- noqa: disable=LT02
with

answers as (

    select * from {{ ref('victims_code_answers') }}

),

comparisons as (

    select
        dimension,
        category as reference_category
    from {{ ref('disproportionality_references') }}

),

units as (

    select
        audit,
        force,
        question_code,
        crime_kind,
        gender,
        age_group,
        ethnicity,
        question,
        is_in_overall,
        answer,
        is_compliant,
        is_legitimate_no,
        record_key
    from answers

    union all

    select
        audit,
        force,
        'overall' as question_code,
        crime_kind,
        gender,
        age_group,
        ethnicity,
        cast(null as string) as question,
        true as is_in_overall,
        answer,
        is_compliant,
        is_legitimate_no,
        record_key
    from answers
    where is_in_overall

    union all

    select
        audit,
        force,
        'every_question' as question_code,
        crime_kind,
        gender,
        age_group,
        ethnicity,
        cast(null as string) as question,
        true as is_in_overall,
        cast(null as string) as answer,
        bool_and(is_compliant) as is_compliant,
        not bool_and(is_compliant)
        and bool_and(is_compliant or is_legitimate_no) as is_legitimate_no,
        record_key
    from answers
    where is_in_overall
    group by
        audit, force, sample_ref, record_key, crime_kind, gender, age_group, ethnicity

),

counts as (

    {% for dimension, category in audit_sample_dimensions() -%}
    select
        audit,
        force,
        question_code,
        question,
        is_in_overall,
        '{{ dimension }}' as dimension,
        {{ category }} as category,
        count(*) as answers,
        {{ cell_key() }} as answers_key,
        {% for answer in ['yes', 'no', 'not applicable'] -%}
        case
            when question_code != 'every_question'
                then count(case when answer = '{{ answer }}' then 1 end)
        end as answers_{{ answer | replace(' ', '_') }},
        {{ cell_key(condition="answer = '" ~ answer ~ "'") }}
            as answers_{{ answer | replace(' ', '_') }}_key,
        {% endfor -%}
        count(case when is_compliant then 1 end) as compliant,
        {{ cell_key(condition='is_compliant') }} as compliant_key,
        count(case when is_legitimate_no then 1 end) as legitimate_no,
        {{ cell_key(condition='is_legitimate_no') }} as legitimate_no_key
    from units
    group by audit, force, question_code, question, is_in_overall, {{ category }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

compared as (

    select
        counts.*,
        cast(counts.compliant as double) / counts.answers as compliance,
        comparisons.reference_category,
        reference_counts.answers as reference_answers,
        reference_counts.compliant as reference_compliant
    from counts
    left join comparisons
        on counts.dimension = comparisons.dimension
    left join counts as reference_counts
        on
            counts.audit = reference_counts.audit
            and counts.force = reference_counts.force
            and counts.question_code = reference_counts.question_code
            and counts.dimension = reference_counts.dimension
            and comparisons.reference_category = reference_counts.category

),

-- A ratio's interval needs some compliant answers on both sides and some that fail.
judged as (

    select
        *,
        case
            when reference_category is null then 'the dimension has no reference'
            when category = reference_category then 'is the reference'
            when reference_answers is null then 'the reference has no answers'
            when compliant < 5 then 'fewer than 5 compliant answers'
            when reference_compliant < 5
                then 'fewer than 5 compliant answers of the reference'
            when compliant = answers and reference_compliant = reference_answers
                then 'every answer of both complies'
        end as ratio_problem,
        case
            when reference_compliant > 0
                then
                    compliance
                    / (cast(reference_compliant as double) / reference_answers)
        end as raw_ratio,
        case
            when compliant > 0 and reference_compliant > 0
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
        {% for count in [
            'answers', 'answers_yes', 'answers_no', 'answers_not_applicable',
            'compliant', 'legitimate_no',
        ] -%}
        {{ count }},
        {{ count }}_key,
        {% endfor -%}
        compliance,
        {{ wilson_bound('compliance', 'answers', z, '-') }} as ci_low,
        {{ wilson_bound('compliance', 'answers', z, '+') }} as ci_high,
        case
            when answers > legitimate_no
                then cast(compliant as double) / (answers - legitimate_no)
        end as compliance_but_for_legitimate,
        reference_category,
        case when ratio_problem is null then raw_ratio end as ratio,
        case
            when ratio_problem is null
                then raw_ratio * exp(-{{ z }}e0 * log_error)
        end as ratio_low,
        case
            when ratio_problem is null
                then raw_ratio * exp({{ z }}e0 * log_error)
        end as ratio_high,
        ratio_problem
    from judged

)

select * from final
