with

rejected as (

    select * from {{ ref('int_rows_checked') }}
    where rejection_reason is not null

),

reasons as (

    select * from {{ ref('rejection_reasons') }}

),

malformed_rows as (

    select * from {{ ref('stg_malformed_rows') }}

),

final as (

    select
        rejected.delivery,
        rejected.extract,
        rejected.line_no,
        rejected.crime_ref,
        {{ rejection_words('rejected.rejection_reason', 'reasons') }} as reason
    from rejected
    left join reasons
        on split_part(rejected.rejection_reason, ' ', 1) = reasons.reason_code

    union all

    select
        delivery,
        extract,
        line_no,
        {{ likely_reference('crime_ref') }} as crime_ref,
        reason
    from malformed_rows

)

select * from final
