{{ config(alias='force_reconciliation') }}
{%- set counts = ['record_level_count', 'home_office_count'] %}
with

counts as (

    select
        delivery,
        force,
        financial_year,
        crime_type,
        measure,
        publication,
        is_whole_year,
        why_it_differs,
        {{ released_counts(counts) }}
    from {{ ref('force_reconciliation') }}

),

final as (

    select
        *,
        record_level_count - home_office_count as difference,
        case
            when home_office_count >= 100
                then
                    round(
                        cast(record_level_count - home_office_count as double)
                        / home_office_count, 3
                    )
        end as relative_difference,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from counts

)

select * from final
