-- noqa: disable=LT02
-- One row per delivered row of the five extracts: why it was rejected, if it was, how
-- many rows are like it, and a knife-crime feature as its lookup is matched.
with

delivered_rows as (

    select
        extract,
        delivery,
        line_no,
        crime_ref,
        rejection_reason,
        case when extract != 'flags' then 1 end as copies,
        cast(null as string) as feature,
        false as is_malformed
    from {{ ref('int_rows_checked') }}
    where
        {{ is_taken() }}
        and (
            extract = 'flags'
            or (
                extract in ('offences', 'victims', 'suspects')
                and coalesce(rejection_reason, '') != 'key_repeated'
            )
        )

    {% for extract in ['offences', 'victims', 'suspects'] -%}
    union all

    -- Only a row whose key is repeated can have a duplicate.
    select
        '{{ extract }}' as extract,
        delivery,
        line_no,
        crime_ref,
        rejection_reason,
        count(*) over (
            partition by
                {{ columns_of('int_' ~ extract ~ '_checked', 'line_no') | join(', ') }}
        ) as copies,
        cast(null as string) as feature,
        false as is_malformed
    from {{ ref('int_' ~ extract ~ '_checked') }}
    where {{ is_taken() }} and rejection_reason = 'key_repeated'

    {% endfor -%}
    union all

    select
        'knife_crime_features' as extract,
        features.delivery,
        features.line_no,
        features.crime_ref,
        features.rejection_reason,
        cast(null as bigint) as copies,
        {{ match_key('features.feature') }} as feature,
        false as is_malformed
    from {{ ref('int_features_checked') }} as features
    where {{ is_taken('features.crime_ref') }}

    union all

    select
        extract,
        delivery,
        line_no,
        crime_ref,
        reason as rejection_reason,
        cast(null as bigint) as copies,
        cast(null as string) as feature,
        true as is_malformed
    from {{ ref('stg_malformed_rows') }}
    where {{ is_taken() }}

),

reasons as (

    select * from {{ ref('rejection_reasons') }}

),

classed as (

    select
        delivered_rows.*,
        delivered_rows.rejection_reason is not null as is_rejected,
        case
            when delivered_rows.is_malformed then 'row_malformed'
            else coalesce(reasons.rejection_class, 'none')
        end as rejection_class,
        nullif(split_part(delivered_rows.rejection_reason, ' ', 2), '') as field
    from delivered_rows
    left join reasons
        on
            split_part(delivered_rows.rejection_reason, ' ', 1) = reasons.reason_code
            and not delivered_rows.is_malformed

),

rejected_reports as (

    select distinct
        delivery,
        crime_ref
    from classed
    where crime_ref is not null and is_rejected

),

-- Where to send rows to be corrected.
places as (

    select
        offences.delivery,
        offences.crime_ref,
        max(coalesce(offences.bcu, boroughs.bcu)) as bcu
    from {{ ref('int_offences_checked') }} as offences
    inner join rejected_reports
        on
            offences.delivery = rejected_reports.delivery
            and offences.crime_ref = rejected_reports.crime_ref
    left join {{ ref('borough_bcus') }} as boroughs
        on {{ match_key('offences.borough') }} = {{ match_key('boroughs.borough') }}
    where {{ is_taken('offences.crime_ref') }}
    group by offences.delivery, offences.crime_ref

),

final as (

    select
        classed.delivery,
        classed.crime_ref,
        {{ record_key('classed.crime_ref') }} as record_key,
        classed.extract,
        classed.line_no,
        case when not classed.is_malformed then classed.field end as field,
        places.bcu,
        classed.rejection_reason,
        classed.rejection_class,
        -- The offences of CRIS are the crime reports of the delivery.
        classed.extract != 'offences' or '{{ crime_report_source() }}' = 'nibrs'
            as is_of_a_report,
        cast(classed.copies as bigint) as copies,
        classed.feature
    from classed
    left join places
        on
            classed.is_rejected
            and classed.delivery = places.delivery
            and classed.crime_ref = places.crime_ref

)

select * from final
