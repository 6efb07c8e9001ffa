{%- set levels = [
    ('crime type', 'crime_group', 'crime_type', 'true'),
    ('crime group', 'crime_group', "concat(crime_group, ' total')", 'true'),
    ('all compared crime', "'All compared crime'", "'All compared crime'", 'is_compared'),
    ('all crime', "'All crime'", "'All crime'", 'true'),
] -%}
-- noqa: disable=LT02
with

outcomes as (

    select
        financial_year,
        financial_quarter,
        force,
        crime_group,
        crime_type,
        is_compared,
        outcome_group,
        tracked_outcomes,
        tracked_outcomes_key
    from {{ ref('force_outcomes') }}

    union all

    select
        financial_year,
        financial_quarter,
        'England and Wales' as force,
        crime_group,
        crime_type,
        is_compared,
        outcome_group,
        tracked_outcomes,
        tracked_outcomes_key
    from {{ ref('force_outcomes') }}

),

levelled as (

    {% for level, crime_group, crime_type, condition in levels -%}
    select
        financial_year,
        financial_quarter,
        force,
        '{{ level }}' as level,
        {{ crime_group }} as crime_group,
        {{ crime_type }} as crime_type,
        outcome_group,
        tracked_outcomes,
        tracked_outcomes_key
    from outcomes
    where {{ condition }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

final as (

    select
        force,
        financial_year,
        level,
        crime_group,
        crime_type,
        count(distinct financial_quarter) as quarters,
        cast(coalesce(sum(tracked_outcomes), 0) as bigint) as offences,
        {{ cell_key('tracked_outcomes_key') }} as offences_key,
        {% for outcome_group, column in [
            ('Outcome pending', 'pending'),
            ('Victim withdrawal', 'withdrawals'),
            ('Judicial', 'judicial_outcomes'),
        ] -%}
        cast(coalesce(sum(
            case when outcome_group = '{{ outcome_group }}' then tracked_outcomes end
        ), 0) as bigint) as {{ column }},
        {{ cell_key(
            'tracked_outcomes_key', "outcome_group = '" ~ outcome_group ~ "'"
        ) }} as {{ column }}_key{{ "," if not loop.last }}
        {% endfor %}
    from levelled
    group by force, financial_year, level, crime_group, crime_type

)

select * from final
