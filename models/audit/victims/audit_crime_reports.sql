-- One row per crime report of audit_main_offences: which fields are recorded too late,
-- or not at all? A value is missing today if the latest delivery lacks it.
with

main_offences as (

    select * from {{ ref('audit_main_offences') }}

),

latest as (

    select max(try_cast(delivery as date)) as latest_delivery_on
    from {{ source('raw', 'deliveries') }}

),

final as (

    select
        main_offences.delivery,
        main_offences.crime_ref,
        main_offences.bcu,
        case
            when {{ days_between(
                'main_offences.recorded_on', 'latest.latest_delivery_on'
            ) }} > 365
                then main_offences.is_without_outcome
        end as outcome_missing_after_12_months,
        main_offences.victim_not_recorded,
        main_offences.recorded_after_delivery,
        main_offences.recorded_over_3_days_late,
        main_offences.negative_days
    from main_offences
    cross join latest

)

select * from final
