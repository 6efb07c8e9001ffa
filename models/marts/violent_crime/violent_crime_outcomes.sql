{%- set dimensions = [
    ('all', "'all'"),
    ('response_code', 'response_code'),
    ('victim_age_band', 'victim_age_band'),
    ('victim_sex', 'victim_sex'),
    ('victim_age_and_sex', "concat(victim_age_band, ', ', victim_sex)"),
    ('crime_year', 'cast(crime_year as string)'),
] -%}
with

crimes as (

    select * from {{ ref('violent_crimes') }}

),

outcome_groups as (

    select distinct outcome_group
    from {{ ref('violent_crime_outcome_groups') }}

),

counts as (

    {% for dimension, category in dimensions -%}
    select
        '{{ dimension }}' as dimension,
        {{ category }} as category,
        outcome_group,
        count(*) as crimes,
        {{ cell_key() }} as crimes_key
    from crimes
    group by {{ category }}, outcome_group
    {{ "union all" if not loop.last }}
    {% endfor %}
),

categories as (

    select
        dimension,
        category,
        sum(crimes) as crimes,
        {{ cell_key('crimes_key') }} as crimes_key
    from counts
    group by dimension, category

),

-- An outcome that no crime of a category had is a count of 0, not a missing row.
final as (

    select
        categories.dimension,
        categories.category,
        outcome_groups.outcome_group,
        cast(coalesce(counts.crimes, 0) as bigint) as crimes,
        coalesce(counts.crimes_key, 0) as crimes_key,
        cast(categories.crimes as bigint) as category_crimes,
        categories.crimes_key as category_crimes_key,
        cast(coalesce(counts.crimes, 0) as double) / categories.crimes as share
    from categories
    cross join outcome_groups
    left join counts
        on
            categories.dimension = counts.dimension
            and categories.category = counts.category
            and outcome_groups.outcome_group = counts.outcome_group

)

select * from final
