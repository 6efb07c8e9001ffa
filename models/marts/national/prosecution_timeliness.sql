-- noqa: disable=LT02
with

durations as (

    select * from {{ ref('int_national__prosecution_durations') }}

),

final as (

    {% for year in ['financial_year', "'all'"] -%}
    select
        area,
        crime_category,
        stage,
        {{ year }} as financial_year,
        count(*) as suspects,
        {{ cell_key() }} as suspects_key,
        cast(avg(days) as double) as mean_days,
        {% for name, part in [
            ('lower_quartile', 0.25), ('median', 0.5), ('upper_quartile', 0.75)
        ] -%}
        cast(
            percentile_cont({{ part }}) within group (order by days) as double
        ) as {{ name }}_days{{ "," if not loop.last }}
        {% endfor %}
    from durations
    group by area, crime_category, stage, {{ year }}
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from final
