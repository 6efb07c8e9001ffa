-- Counts of a crime report with a rejected offence, victim or suspect can't be trusted.
with

rejected as (

    select crime_ref from {{ ref('int_offences_checked') }}
    where {{ is_taken() }} and is_current and rejection_reason is not null

    union all

    select crime_ref from {{ ref('int_victims_checked') }}
    where {{ is_taken() }} and is_current and rejection_reason is not null

    union all

    select crime_ref from {{ ref('int_suspects_checked') }}
    where {{ is_taken() }} and is_current and rejection_reason is not null

    union all

    select malformed_rows.crime_ref
    from {{ ref('stg_malformed_rows') }} as malformed_rows
    inner join {{ ref('int_crime_reports_delivered') }} as crime_reports
        on
            malformed_rows.crime_ref = crime_reports.crime_ref
            and malformed_rows.delivery = crime_reports.delivery
            and crime_reports.is_current
    where
        {{ is_taken('malformed_rows.crime_ref') }}
        and malformed_rows.extract in ('offences', 'victims', 'suspects')

),

final as (

    select distinct crime_ref
    from rejected

)

select * from final
