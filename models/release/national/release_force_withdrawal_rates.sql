{{ config(alias='force_withdrawal_rates') }}
{%- set counts = [
    'offences',
    'offences_with_outcome',
    'pending',
    'withdrawals',
    'judicial_outcomes',
] %}
{%- set rates = [
    ('withdrawal_rate_including_pending', 'withdrawals', 'offences'),
    ('withdrawal_rate', 'withdrawals', 'offences_with_outcome'),
    ('judicial_rate', 'judicial_outcomes', 'offences_with_outcome'),
] %}
with

rates as (

    select
        *,
        offences - pending as offences_with_outcome,
        {{ remaining_key('offences_key', 'pending_key') }}
            as offences_with_outcome_key
    from {{ ref('force_withdrawal_rates') }}

),

counts as (

    select
        force,
        financial_year,
        level,
        crime_group,
        crime_type,
        quarters,
        {{ released_counts(counts) }}
    from rates

),

final as (

    select
        *,
        {% for rate, part, whole in rates -%}
        {{ released_share(part, whole) }} as {{ rate }},
        {{ released_bound(part, whole, '-') }} as {{ rate }}_low,
        {{ released_bound(part, whole, '+') }} as {{ rate }}_high,
        {% endfor -%}
        {{ released_share('offences_with_outcome', 'offences') }}
            as outcome_completeness,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from counts

)

select * from final
