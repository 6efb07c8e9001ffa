{%- set z = var('interval_z') -%}
{%- set segments = [
    'department',
    'incident_type',
    'place',
    'weekday',
    'part_of_day',
    'gender',
    'age_group',
    'ethnicity',
    'disposal',
    'vulnerability',
    'service_band',
] -%}
-- noqa: disable=LT02
with

surveys as (

    select * from {{ ref('int_national__victim_surveys_described') }}

),

outcomes as (

    select answer
    from {{ ref('survey_answers') }}
    where field = 'outcome'

),

measures as (

    select
        *,
        'response' as measure,
        'answered' as answer,
        is_answered as is_given
    from surveys

    union all

    select
        *,
        'free text' as measure,
        'comment' as answer,
        has_free_text as is_given
    from surveys
    where is_answered

    union all

    select
        *,
        'demographics' as measure,
        'given' as answer,
        has_demographics as is_given
    from surveys
    where is_answered

    union all

    select
        *,
        'satisfaction' as measure,
        'satisfied' as answer,
        is_satisfied as is_given
    from surveys
    where is_answered and is_satisfied is not null

    union all

    select
        surveys.*,
        'outcome' as measure,
        outcomes.answer,
        surveys.outcome = outcomes.answer as is_given
    from surveys
    cross join outcomes
    where surveys.is_answered and surveys.outcome is not null

),

counts as (

    select
        force,
        survey,
        channel,
        'all' as segment,
        'all' as category,
        measure,
        answer,
        count(*) as people,
        {{ cell_key() }} as people_key,
        count(case when is_given then 1 end) as given,
        {{ cell_key(condition='is_given') }} as given_key
    from measures
    group by force, survey, channel, measure, answer

    {% for segment in segments -%}
    union all

    select
        force,
        survey,
        channel,
        '{{ segment }}' as segment,
        {{ segment }} as category,
        measure,
        answer,
        count(*) as people,
        {{ cell_key() }} as people_key,
        count(case when is_given then 1 end) as given,
        {{ cell_key(condition='is_given') }} as given_key
    from measures
    where {{ segment }} is not null
    group by force, survey, channel, {{ segment }}, measure, answer

    {% endfor %}
),

shares as (

    select
        *,
        cast(given as double) / people as share
    from counts

),

final as (

    select
        force,
        survey,
        channel,
        segment,
        category,
        measure,
        answer,
        people,
        people_key,
        given,
        given_key,
        share,
        {{ wilson_bound('share', 'people', z, '-') }} as ci_low,
        {{ wilson_bound('share', 'people', z, '+') }} as ci_high
    from shares

)

select * from final
