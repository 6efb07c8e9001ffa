{%- set z = var('interval_z') -%}
{%- set rates = [
    ('withdrawal_rate_including_pending', 'withdrawals', 'offences'),
    ('withdrawal_rate', 'withdrawals', 'assigned'),
    ('judicial_rate', 'judicial_outcomes', 'assigned'),
] -%}
with

counts as (

    select
        *,
        offences - pending as assigned
    from {{ ref('int_national__force_counts') }}

),

-- Corrections can leave a small cell below 0, or above all of its offences.
shares as (

    select
        *,
        {% for rate, part, whole in rates -%}
        case
            when {{ whole }} > 0 and {{ part }} between 0 and {{ whole }}
                then cast({{ part }} as double) / {{ whole }}
        end as {{ rate }},
        {% endfor -%}
        case
            when offences > 0 and pending between 0 and offences
                then cast(assigned as double) / offences
        end as outcome_completeness
    from counts

),

final as (

    select
        force,
        financial_year,
        level,
        crime_group,
        crime_type,
        quarters,
        {% for count in ['offences', 'pending', 'withdrawals', 'judicial_outcomes'] -%}
        {{ count }},
        {{ count }}_key,
        {% endfor -%}
        {% for rate, part, whole in rates -%}
        {{ rate }},
        {{ wilson_bound(rate, whole, z, '-') }} as {{ rate }}_low,
        {{ wilson_bound(rate, whole, z, '+') }} as {{ rate }}_high,
        {% endfor -%}
        outcome_completeness
    from shares

)

select * from final
