{{ config(alias='prosecution_timeliness') }}
{%- set days = [
    'mean_days', 'lower_quartile_days', 'median_days', 'upper_quartile_days'
] %}
with

counts as (

    select
        area,
        crime_category,
        stage,
        financial_year,
        {{ days | join(',\n        ') }},
        {{ released_counts(['suspects']) }}
    from {{ ref('prosecution_timeliness') }}

),

final as (

    select
        area,
        crime_category,
        stage,
        financial_year,
        suspects,
        {% for name in days -%}
        case when suspects is not null then round({{ name }}) end as {{ name }},
        {% endfor -%}
        {{ fewer_than_10(['suspects']) }} as fewer_than_10
    from counts

)

select * from final
