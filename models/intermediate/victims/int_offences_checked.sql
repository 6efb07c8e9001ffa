with

offences as (

    select * from {{ ref('stg_offences') }}
    where {{ is_taken() }}

),

outcome_codes as (

    select * from {{ ref('outcome_codes') }}
    where is_accepted_in_cris

),

crime_reports as (

    select * from {{ ref('int_crime_reports_delivered') }}
    where {{ is_taken() }}

),

repeated_keys as (

    select
        delivery,
        crime_ref,
        offence_no
    from offences
    where crime_ref is not null and offence_no is not null
    group by delivery, crime_ref, offence_no
    having count(*) > 1

),

final as (

    select
        offences.*,
        concat(
            coalesce(offences.major_crime, ''), ' | ',
            coalesce(offences.minor_crime, ''), ' | ',
            coalesce(offences.offence, '')
        ) as offence_class,
        coalesce(crime_reports.is_current, false) as is_current,
        case
            when offences.row_problem is not null then offences.row_problem
            when
                offences.outcome_code is not null
                and outcome_codes.outcome_code is null
                then 'not_in_list outcome_code'
            when repeated_keys.crime_ref is not null then 'key_repeated'
            when crime_reports.main_offences = 0 then 'main_offence_missing'
            when crime_reports.main_offences > 1
                then 'main_offence_repeated'
        end as rejection_reason
    from offences
    left join outcome_codes
        on offences.outcome_code = outcome_codes.outcome_code
    left join crime_reports
        on
            offences.crime_ref = crime_reports.crime_ref
            and offences.delivery = crime_reports.delivery
    left join repeated_keys
        on
            offences.delivery = repeated_keys.delivery
            and offences.crime_ref = repeated_keys.crime_ref
            and offences.offence_no = repeated_keys.offence_no

)

select * from final
