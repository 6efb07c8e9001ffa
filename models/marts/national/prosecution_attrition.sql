{%- set z = var('interval_z') -%}
{%- set periods = [
    ('month', 'month'),
    ('quarter', 'quarter'),
    ('financial year', 'financial_year'),
    ('all', "'all'"),
] -%}
with

stages as (

    select * from {{ ref('int_national__prosecution_stages') }}

),

months as (

    select
        area_name,
        region,
        category_name,
        is_domestic_abuse,
        stage,
        {{ calendar_month('ended_on') }} as month,
        {{ calendar_quarter('ended_on') }} as quarter,
        {{ financial_year('ended_on') }} as financial_year,
        count(*) as results,
        {{ cell_key() }} as results_key,
        count(case when is_stopped then 1 end) as stopped,
        {{ cell_key(condition='is_stopped') }} as stopped_key,
        count(case when is_due_to_victim then 1 end) as due_to_victim,
        {{ cell_key(condition='is_due_to_victim') }} as due_to_victim_key
    from stages
    group by
        area_name,
        region,
        category_name,
        is_domestic_abuse,
        stage,
        {{ calendar_month('ended_on') }},
        {{ calendar_quarter('ended_on') }},
        {{ financial_year('ended_on') }}

),

{{ by_area_and_category('months') }},

counts as (

    {% for period_type, period in periods -%}
    select
        area,
        crime_category,
        stage,
        '{{ period_type }}' as period_type,
        {{ period }} as period,
        cast(sum(results) as bigint) as results,
        {{ cell_key('results_key') }} as results_key,
        cast(sum(stopped) as bigint) as stopped,
        {{ cell_key('stopped_key') }} as stopped_key,
        cast(sum(due_to_victim) as bigint) as due_to_victim,
        {{ cell_key('due_to_victim_key') }} as due_to_victim_key
    from categories
    group by area, crime_category, stage, {{ period }}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

shares as (

    select
        *,
        case when stopped > 0 then cast(due_to_victim as double) / stopped end as share
    from counts

),

final as (

    select
        area,
        crime_category,
        stage,
        period_type,
        period,
        results,
        results_key,
        stopped,
        stopped_key,
        due_to_victim,
        due_to_victim_key,
        share as due_to_victim_share,
        case
            when stopped > 0 then {{ wilson_bound('share', 'stopped', z, '-') }}
        end as ci_low,
        case
            when stopped > 0 then {{ wilson_bound('share', 'stopped', z, '+') }}
        end as ci_high
    from shares

)

select * from final
