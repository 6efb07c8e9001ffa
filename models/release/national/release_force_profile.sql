{{ config(alias='force_profile') }}
{%- set rates = {
    'record_level_rate': ('case_withdrawals', 'cases'),
    'all_offences_rate': ('offence_withdrawals', 'offences_with_outcome'),
    'home_office_rate': ('home_office_withdrawals', 'home_office_offences'),
    'england_and_wales_rate': (
        'england_and_wales_withdrawals', 'england_and_wales_offences'
    ),
    'most_similar_rate': ('most_similar_withdrawals', 'most_similar_offences'),
} %}
{%- set counts = rates.values() | sum(start=()) %}
{%- set keys = {} %}
{%- for count in counts %}{% do keys.update({count: count ~ '_key'}) %}{% endfor %}
-- noqa: disable=LT02
with

counts as (

    select
        force,
        financial_year,
        crime_type,
        publication,
        published_on,
        home_office_year,
        is_same_year,
        record_level_counts,
        home_office_counts,
        {{ keys.values() | join(',\n        ') }},
        {{ released_counts(counts) }}
    from {{ ref('force_profile') }}

),

rates as (

    select
        *,
        {{ released_bound('case_withdrawals', 'cases', '-') }}
            as record_level_rate_low,
        {{ released_bound('case_withdrawals', 'cases', '+') }}
            as record_level_rate_high,
        {% for rate, (part, whole) in rates.items() -%}
        {{ released_share(part, whole) }} as {{ rate }}
        {{- "," if not loop.last }}
        {% endfor %}
    from counts

),

final as (

    select
        force,
        financial_year,
        crime_type,
        publication,
        published_on,
        home_office_year,
        is_same_year,
        record_level_counts,
        home_office_counts,
        {{ counts | join(',\n        ') }},
        {{ rates | join(',\n        ') }},
        record_level_rate_low,
        record_level_rate_high,
        case
            when is_same_year then round(record_level_rate - home_office_rate, 3)
        end as difference,
        round(home_office_rate - england_and_wales_rate, 3) as home_office_difference,
        {{ fewer_than_10(keys) }} as fewer_than_10
    from rates

)

select * from final
