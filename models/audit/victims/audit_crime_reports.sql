-- One row per crime report of audit_main_offences, with the days since it was recorded:
-- a value is missing today if the latest delivery lacks it.
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
        main_offences.record_key,
        main_offences.bcu,
        main_offences.recorded_on,
        main_offences.delivered_on,
        main_offences.outcome_code,
        main_offences.victims,
        {{ days_between(
            'main_offences.recorded_on', 'latest.latest_delivery_on'
        ) }} as days_since_recorded,
        main_offences.days_to_record,
        main_offences.fewest_days
    from main_offences
    cross join latest

)

select * from final
