{{ config(materialized='ephemeral', contract={'enforced': false}) }}
-- noqa: disable=LT02,PRS
{%- set dimensions = seed_rows('dimensions') %}
-- depends_on: {{ ref('dimensions') }}
-- Cases and withdrawals of every area by every category. A case is in several areas:
-- it is counted once, under a number for the set of them; the areas of each
-- number are looked up afterwards. A sum is held in bounded memory, a list is not.
-- Written out, it has four lines for each row of dimensions.
with

case_areas as (

    select * from {{ ref('int_case_areas') }}

),

area_sets as (

    select
        crime_ref,
        cast(sum(cast(power(2, area_no) as bigint)) as bigint) as area_set
    from case_areas
    group by crime_ref

),

cases as (

    select
        cases.*,
        area_sets.area_set,
        cast(cases.is_victim_withdrawal as integer) as withdrawals,
        substr(cast(cases.recorded_on as string), 1, 7) as recorded_month,
        case when cases.is_suspect_recorded then 'Yes' else 'No' end
            as suspect_recorded,
        case
            when not cases.is_suspect_recorded then 'No suspect recorded'
            when cases.is_suspect_known_to_victim then 'Yes'
            else 'No'
        end as suspect_known,
        case
            when not cases.is_suspect_recorded then 'No suspect recorded'
            when cases.is_suspect_arrested_on_scene then 'Arrested on scene'
            when cases.is_suspect_arrested_or_interviewed_later
                then 'Arrested or interviewed later'
            else 'Not arrested or interviewed'
        end as suspect_arrest
    from {{ ref('cases') }} as cases
    inner join area_sets
        on cases.crime_ref = area_sets.crime_ref

),

counted as (

    select
        {% for row in dimensions -%}
        {{ row.case_column }},
        grouping({{ row.case_column }}) as is_without_{{ row.dimension }},
        {% endfor -%}
        area_set,
        count(*) as cases,
        sum(withdrawals) as withdrawals,
        {{ cell_key() }} as cases_key,
        {{ cell_key(condition='withdrawals = 1') }} as withdrawals_key
    from cases
    group by grouping sets (
        {% for row in dimensions -%}
        ({{ row.case_column }}, area_set),
        {% endfor -%}
        (area_set)
    )

),

by_category as (

    select
        case
            {% for row in dimensions -%}
            when is_without_{{ row.dimension }} = 0 then '{{ row.dimension }}'
            {% endfor -%}
            else 'all'
        end as dimension,
        coalesce(
            {% for row in dimensions -%}
            {{ row.case_column }},
            {% endfor -%}
            'All cases'
        ) as category,
        area_set,
        cases,
        withdrawals,
        cases_key,
        withdrawals_key
    from counted

    union all

    -- The strands of hate crime overlap.
    select
        'hate_strand' as dimension,
        marks.flag as category,
        cases.area_set,
        count(*) as cases,
        sum(cases.withdrawals) as withdrawals,
        {{ cell_key('cases.record_key') }} as cases_key,
        {{ cell_key('cases.record_key', 'cases.withdrawals = 1') }} as withdrawals_key
    from cases
    inner join {{ ref('int_crime_report_marks') }} as marks
        on cases.crime_ref = marks.crime_ref and marks.hate_strand is not null
    group by marks.flag, cases.area_set

),

-- The areas of each number, as those of any case that has it.
members as (

    select
        sets.area_set,
        case_areas.area_no,
        case_areas.crime_area
    from (
        select
            area_set,
            min(crime_ref) as crime_ref
        from area_sets
        group by area_set
    ) as sets
    inner join case_areas
        on sets.crime_ref = case_areas.crime_ref

),

final as (

    select
        members.area_no,
        members.crime_area,
        by_category.dimension,
        by_category.category,
        cast(sum(by_category.cases) as bigint) as cases,
        cast(sum(by_category.withdrawals) as bigint) as withdrawals,
        {{ cell_key('by_category.cases_key') }} as cases_key,
        {{ cell_key('by_category.withdrawals_key') }} as withdrawals_key
    from by_category
    inner join members
        on by_category.area_set = members.area_set
    where by_category.category != 'No suspect recorded'
    group by
        members.area_no,
        members.crime_area,
        by_category.dimension,
        by_category.category

)

select * from final
