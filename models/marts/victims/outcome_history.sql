-- noqa: disable=LT02
-- Every outcome that a crime report has had, in the order of the deliveries. A delivery
-- that does not name a report leaves it unchanged.
with

offences as (

    select * from {{ ref('int_offences_checked') }}
    where {{ is_taken() }} and rejection_reason is null and offence_role = 'Main'

),

crime_reports as (

    select * from {{ ref('int_crime_reports') }}
    where {{ is_taken() }}

),

outcome_codes as (

    select * from {{ ref('outcome_codes') }}

),

reported as (

    select
        crime_ref,
        delivery,
        outcome_code,
        investigation_completed_on,
        lag(outcome_code) over (
            partition by crime_ref order by delivery
        ) as previous_outcome_code,
        lag(investigation_completed_on) over (
            partition by crime_ref order by delivery
        ) as previously_completed_on,
        row_number() over (partition by crime_ref order by delivery) as report_no
    from offences

),

numbered as (

    select
        *,
        cast(sum(
            case
                when report_no = 1 then 1
                when coalesce(outcome_code, '') != coalesce(previous_outcome_code, '')
                    then 1
                else 0
            end
        ) over (
            partition by crime_ref order by delivery
            rows between unbounded preceding and current row
        ) as integer) as outcome_no,
        max(report_no) over (partition by crime_ref) as reports
    from reported

),

outcomes as (

    select
        crime_ref,
        outcome_no,
        max(outcome_code) as outcome_code,
        min(delivery) as first_delivery,
        max(delivery) as last_delivery,
        max(case when report_no = reports then 1 else 0 end) = 1 as is_current
    from numbered
    group by crime_ref, outcome_no

),

-- State before the outcome changed: the delivery before its first.
changes as (

    select
        crime_ref,
        delivery,
        previous_outcome_code,
        previously_completed_on
    from numbered
    where report_no > 1

),

final as (

    select
        outcomes.crime_ref,
        outcomes.outcome_no,
        outcomes.outcome_code,
        outcome_codes.outcome_group,
        coalesce(
            outcome_codes.outcome_group = 'Victim withdrawal', false
        ) as is_victim_withdrawal,
        outcomes.first_delivery,
        outcomes.last_delivery,
        outcomes.is_current,
        case
            when outcomes.outcome_no = 1 then 'first told'
            when changes.previous_outcome_code is null then 'outcome given'
            when outcomes.outcome_code is null then 'reopened'
            else 'outcome changed'
        end as change,
        outcomes.outcome_no > 1
        and changes.previous_outcome_code is not null
        and changes.previously_completed_on is not null as is_after_completion,
        coalesce(
            crime_reports.removal_step_no is null
            or (
                crime_reports.removal_step_no in (3, 4)
                and crime_reports.is_crime_type_in_scope
                and crime_reports.offences = 1
                and crime_reports.victims = 1
                and crime_reports.suspects <= 1
            ), false
        ) as is_case_but_for_outcome,
        cast(date_trunc('month', crime_reports.recorded_on) as date) as recorded_month
    from outcomes
    inner join crime_reports
        on outcomes.crime_ref = crime_reports.crime_ref
    left join changes
        on
            outcomes.crime_ref = changes.crime_ref
            and outcomes.first_delivery = changes.delivery
    left join outcome_codes
        on outcomes.outcome_code = outcome_codes.outcome_code

)

select * from final
