{#- Lines of the inspection's outcome table: each type's own line, the totals of groups
    and of all that have an outcome. -#}
{%- set lines = [
    ('inspection_line', 'false', 'true'),
    ('inspection_group', 'true', 'inspection_group is not null'),
    ("'Total offences assigned an outcome'", 'true', "outcome_type != '0'"),
] -%}
with

force_outcomes as (

    select * from {{ ref('force_outcomes') }}

),

crime_types as (

    select distinct
        crime_type,
        is_inspected
    from {{ ref('home_office_crime_types') }}

),

domestic_abuse_outcomes as (

    select * from {{ ref('int_national__domestic_abuse_outcomes_checked') }}
    where is_current and rejection_reason is null

),

outcome_types as (

    select * from {{ ref('home_office_outcome_types') }}

),

forces as (

    select force from {{ ref('forces') }}
    where is_inspected

),

inspected as (

    select force_outcomes.*
    from force_outcomes
    inner join crime_types
        on force_outcomes.crime_type = crime_types.crime_type
    where crime_types.is_inspected

),

all_offences as (

    select
        force,
        financial_year,
        sum(tracked_outcomes) as offences,
        {{ cell_key('tracked_outcomes_key') }} as offences_key
    from inspected
    group by force, financial_year

),

all_crime as (

    select
        inspected.force,
        inspected.outcome_type,
        'all crime' as population,
        'outcomes' as topic,
        {{ financial_year_from('inspected.financial_year') }} as period_from,
        {{ financial_year_to('inspected.financial_year') }} as period_to,
        inspected.tracked_outcomes,
        inspected.tracked_outcomes_key,
        inspected.untracked_outcomes,
        inspected.untracked_outcomes_key,
        all_offences.offences,
        all_offences.offences_key
    from inspected
    inner join all_offences
        on
            inspected.force = all_offences.force
            and inspected.financial_year = all_offences.financial_year

),

outcomes as (

    select
        force,
        outcome_type,
        population,
        topic,
        'tracked proportion' as measure,
        period_from,
        period_to,
        tracked_outcomes as outcomes,
        tracked_outcomes_key as outcomes_key,
        offences,
        offences_key
    from all_crime

    union all

    -- Offences that have no outcome yet are in no count of outcomes recorded.
    select
        force,
        outcome_type,
        population,
        topic,
        'untracked rate' as measure,
        period_from,
        period_to,
        untracked_outcomes as outcomes,
        untracked_outcomes_key as outcomes_key,
        offences,
        offences_key
    from all_crime
    where outcome_type != '0' and untracked_outcomes is not null

    union all

    select
        force,
        outcome_type,
        'domestic abuse' as population,
        'domestic abuse outcomes' as topic,
        'untracked rate' as measure,
        period_from,
        period_to,
        outcomes_recorded as outcomes,
        {{ key_of_delivered_count([
            'force', 'period_from', 'period_to', 'outcome_type'
        ]) }} as outcomes_key,
        offences_recorded as offences,
        {{ key_of_delivered_count(['force', 'period_from', 'period_to']) }}
            as offences_key
    from domestic_abuse_outcomes

),

described as (

    select
        outcomes.*,
        outcome_types.inspection_line,
        outcome_types.inspection_group
    from outcomes
    inner join outcome_types
        on outcomes.outcome_type = outcome_types.outcome_type
    inner join forces
        on outcomes.force = forces.force

),

lined as (

    {% for line, is_total, condition in lines -%}
    select
        force,
        population,
        topic,
        measure,
        period_from,
        period_to,
        {{ line }} as line,
        {{ is_total }} as is_group_total,
        outcomes,
        outcomes_key,
        offences,
        offences_key
    from described
    where {{ condition }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

counts as (

    select
        force,
        population,
        measure,
        period_from,
        period_to,
        line,
        sum(outcomes) as outcomes,
        {{ cell_key('outcomes_key') }} as outcomes_key
    from lined
    group by force, population, measure, period_from, period_to, line

),

measured as (

    select
        force,
        population,
        topic,
        measure,
        period_from,
        period_to,
        max(offences) as offences,
        max(offences_key) as offences_key
    from lined
    group by force, population, topic, measure, period_from, period_to

),

lines as (

    select distinct
        population,
        measure,
        period_from,
        period_to,
        line,
        is_group_total
    from lined

),

-- An outcome that other forces used and this one did not has no row: its count is 0.
final as (

    select
        measured.force,
        measured.population,
        measured.topic,
        measured.measure,
        measured.period_from,
        measured.period_to,
        lines.line,
        lines.is_group_total,
        cast(
            case when counts.line is null then 0 else counts.outcomes end as bigint
        ) as outcomes,
        coalesce(counts.outcomes_key, 0) as outcomes_key,
        cast(measured.offences as bigint) as offences,
        measured.offences_key
    from measured
    inner join lines
        on
            measured.population = lines.population
            and measured.measure = lines.measure
            and measured.period_from = lines.period_from
            and measured.period_to = lines.period_to
    left join counts
        on
            measured.force = counts.force
            and measured.population = counts.population
            and measured.measure = counts.measure
            and measured.period_from = counts.period_from
            and measured.period_to = counts.period_to
            and lines.line = counts.line

)

select * from final
