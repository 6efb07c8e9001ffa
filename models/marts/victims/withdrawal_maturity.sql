-- noqa: disable=LT02
-- Withdrawal rate of a month as its outcomes arrive: the reports
-- recorded in a month, as known at each later delivery.
with

outcome_history as (

    select * from {{ ref('outcome_history') }}
    where is_case_but_for_outcome and recorded_month is not null

),

-- An outcome's contribution to the counts, less that of the one before.
states as (

    select
        crime_ref,
        outcome_no,
        recorded_month,
        first_delivery,
        {{ record_key('crime_ref') }} as record_key,
        case when outcome_code in ('NC', 'ADM') then 0 else 1 end as known,
        case when outcome_code is null then 1 else 0 end as pending,
        case when is_victim_withdrawal then 1 else 0 end as withdrawn
    from outcome_history

),

steps as (

    select
        recorded_month,
        first_delivery as delivery,
        record_key,
        {% for state in ['known', 'pending', 'withdrawn'] -%}
        {{ state }} - coalesce(
            lag({{ state }}) over (partition by crime_ref order by outcome_no), 0
        ) as {{ state }}{{ "," if not loop.last }}
        {% endfor %}
    from states

),

changes as (

    select
        recorded_month,
        delivery,
        {% for state in ['known', 'pending', 'withdrawn'] -%}
        sum({{ state }}) as {{ state }},
        sum({{ state }} * record_key) as {{ state }}_key
        {{- "," if not loop.last }}
        {% endfor %}
    from steps
    group by recorded_month, delivery

),

-- A delivery of a state-year has no date to count months to.
deliveries as (

    select distinct delivery
    from {{ ref('deliveries') }}
    where delivery like '____-__-__'

),

months as (

    select
        recorded_month,
        min(delivery) as first_delivery
    from changes
    group by recorded_month

),

months_delivered as (

    select
        months.recorded_month,
        deliveries.delivery
    from months
    inner join deliveries
        on months.first_delivery <= deliveries.delivery

),

counts as (

    select
        months_delivered.recorded_month,
        months_delivered.delivery,
        {% for sum_of in [
            'known', 'pending', 'withdrawn', 'known_key', 'pending_key', 'withdrawn_key'
        ] -%}
        cast(sum(coalesce(changes.{{ sum_of }}, 0)) over (
            partition by months_delivered.recorded_month
            order by months_delivered.delivery
            rows between unbounded preceding and current row
        ) as bigint) as {{ sum_of }}{{ "," if not loop.last }}
        {% endfor %}
    from months_delivered
    left join changes
        on
            months_delivered.recorded_month = changes.recorded_month
            and months_delivered.delivery = changes.delivery

),

final as (

    select
        recorded_month,
        delivery,
        cast(
            (
                extract(year from cast(delivery as date))
                - extract(year from recorded_month)
            ) * 12
            + extract(month from cast(delivery as date))
            - extract(month from recorded_month) as integer
        ) as months_since,
        known as cases_and_pending,
        pending,
        withdrawn as withdrawals,
        cast(known_key % 4096 as integer) as cases_and_pending_key,
        cast(pending_key % 4096 as integer) as pending_key,
        cast(withdrawn_key % 4096 as integer) as withdrawals_key,
        cast(withdrawn as double) / nullif(known, 0) as rate_with_pending,
        cast(withdrawn as double) / nullif(known - pending, 0) as rate_without_pending
    from counts

)

select * from final
