{{ config(alias='force_comparisons') }}
{%- set counts = [
    'offences', 'withdrawals', 'benchmark_offences', 'benchmark_withdrawals'
] %}
-- noqa: disable=LT02
with

counts as (

    select
        force,
        financial_year,
        level,
        crime_group,
        crime_type,
        benchmark_kind,
        benchmark,
        {{ released_counts(counts) }}
    from {{ ref('force_comparisons') }}

),

-- England and Wales hold the force itself: the difference is from the rest, scaled.
others as (

    select
        *,
        {% for count in ['offences', 'withdrawals'] -%}
        benchmark_{{ count }}
        - case when benchmark_kind = 'England and Wales' then {{ count }} else 0 end
            as other_{{ count }}
        {{- "," if not loop.last }}
        {% endfor %}
    from counts

),

rates as (

    select
        *,
        {{ released_share('benchmark_withdrawals', 'benchmark_offences') }}
            as benchmark_rate,
        {% for rate, part, whole in [
            ('rate', 'withdrawals', 'offences'),
            ('other', 'other_withdrawals', 'other_offences'),
        ] -%}
        {{ released_share(part, whole) }} as {{ rate }},
        {{ released_bound(part, whole, '-') }} as {{ rate }}_low,
        {{ released_bound(part, whole, '+') }} as {{ rate }}_high,
        {% endfor -%}
        cast(other_offences as double) / benchmark_offences as share_of_others
    from others

),

differences as (

    select
        *,
        round(rate - benchmark_rate, 3) as difference,
        {% for bound, sign in [('low', '-'), ('high', '+')] -%}
        round(
            share_of_others * ({{ newcombe_bound('rate', 'other', sign) }}), 3
        ) as difference_{{ bound }}
        {{- "," if not loop.last }}
        {% endfor %}
    from rates

),

final as (

    select
        force,
        financial_year,
        level,
        crime_group,
        crime_type,
        benchmark_kind,
        benchmark,
        {{ counts | join(',\n        ') }},
        rate as withdrawal_rate,
        benchmark_rate,
        difference,
        difference_low,
        difference_high,
        case
            when difference_low > 0 then 'higher'
            when difference_high < 0 then 'lower'
            when difference_low is not null then 'no difference shown'
        end as comparison,
        {{ fewer_than_10(counts) }} as fewer_than_10
    from differences

)

select * from final
