-- A delivery is a full snapshot of the crime reports it names: the latest one counts.
with

offences as (

    select * from {{ ref('stg_offences') }}
    where {{ is_taken() }} and crime_ref is not null

),

malformed_rows as (

    select * from {{ ref('stg_malformed_rows') }}
    where {{ is_taken() }} and extract = 'offences' and crime_ref is not null

),

-- Rows name their crime report whether they can be read or not.
named as (

    select
        crime_ref,
        delivery,
        case when offence_role = 'Main' then 1 else 0 end as main_offences
    from offences

    union all

    select
        crime_ref,
        delivery,
        0 as main_offences
    from malformed_rows

),

crime_reports as (

    select
        crime_ref,
        min(delivery) as first_delivery,
        max(delivery) as latest_delivery,
        sum(main_offences) as main_offences
    from named
    group by crime_ref

),

delivered_again as (

    select
        named.crime_ref,
        named.delivery,
        crime_reports.latest_delivery,
        sum(named.main_offences) as main_offences
    from named
    inner join crime_reports
        on
            named.crime_ref = crime_reports.crime_ref
            and crime_reports.first_delivery != crime_reports.latest_delivery
    group by named.crime_ref, named.delivery, crime_reports.latest_delivery

),

final as (

    select
        crime_ref,
        latest_delivery as delivery,
        true as is_current,
        cast(main_offences as integer) as main_offences
    from crime_reports
    where first_delivery = latest_delivery

    union all

    select
        crime_ref,
        delivery,
        delivery = latest_delivery as is_current,
        cast(main_offences as integer) as main_offences
    from delivered_again

)

select * from final
