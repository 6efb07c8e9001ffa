-- noqa: disable=LT02
-- One row per delivered row of the five extracts, with its faults. One column per
-- gap, null for rows it does not apply to.
with

delivered_rows as (

    select
        extract,
        delivery,
        line_no,
        crime_ref,
        rejection_reason,
        case when extract != 'flags' then false end as row_identical,
        cast(null as boolean) as feature_not_in_lookup,
        false as row_malformed
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
        ) > 1 as row_identical,
        cast(null as boolean) as feature_not_in_lookup,
        false as row_malformed
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
        cast(null as boolean) as row_identical,
        lookup.feature is null as feature_not_in_lookup,
        false as row_malformed
    from {{ ref('int_features_checked') }} as features
    left join {{ ref('knife_crime_features') }} as lookup
        on {{ match_key('features.feature') }} = {{ match_key('lookup.raw_feature') }}
    where {{ is_taken('features.crime_ref') }}

    union all

    select
        extract,
        delivery,
        line_no,
        crime_ref,
        reason as rejection_reason,
        cast(null as boolean) as row_identical,
        cast(null as boolean) as feature_not_in_lookup,
        true as row_malformed
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
        coalesce(reasons.rejection_class, 'none') as rejection_class,
        nullif(split_part(delivered_rows.rejection_reason, ' ', 2), '') as field,
        delivered_rows.extract in ('offences', 'victims', 'suspects')
        and not delivered_rows.row_malformed as is_of_fields
    from delivered_rows
    left join reasons
        on
            split_part(delivered_rows.rejection_reason, ' ', 1) = reasons.reason_code
            and not delivered_rows.row_malformed

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
    group by offences.delivery, offences.crime_ref

),

final as (

    select
        classed.delivery,
        classed.crime_ref,
        classed.extract,
        classed.line_no,
        case when not classed.row_malformed then classed.field end as field,
        places.bcu,
        case when classed.extract = 'offences' then classed.is_rejected end
            as offences_rejected,
        case when classed.extract = 'victims' then classed.is_rejected end
            as victims_rejected,
        case when classed.extract = 'suspects' then classed.is_rejected end
            as suspects_rejected,
        case when classed.extract = 'flags' then classed.is_rejected end
            as flags_rejected,
        case when classed.extract = 'knife_crime_features' then classed.is_rejected end
            as knife_crime_features_rejected,
        case
            when not classed.row_malformed
                then classed.rejection_class = 'key_missing'
        end as key_missing,
        case
            when classed.extract = 'offences' and not classed.row_malformed
                then classed.rejection_class = 'recording_date_missing'
        end as recording_date_missing,
        case
            when classed.is_of_fields
                then classed.rejection_class = 'value_unreadable'
        end as value_unreadable,
        case
            when classed.is_of_fields
                then classed.rejection_class = 'value_not_in_list'
        end as value_not_in_list,
        case
            when classed.is_of_fields then classed.rejection_class = 'key_repeated'
        end as key_repeated,
        -- The offences of CRIS are the crime reports of the delivery.
        case
            when
                not classed.row_malformed
                and (
                    classed.extract != 'offences'
                    or '{{ crime_report_source() }}' = 'nibrs'
                )
                then classed.rejection_class = 'crime_report_not_delivered'
        end as crime_report_not_delivered,
        case
            when classed.extract = 'offences' and not classed.row_malformed
                then classed.rejection_class = 'main_offence_missing'
        end as main_offence_missing,
        case
            when classed.extract = 'offences' and not classed.row_malformed
                then classed.rejection_class = 'main_offence_repeated'
        end as main_offence_repeated,
        classed.row_malformed,
        classed.row_identical,
        classed.feature_not_in_lookup
    from classed
    left join places
        on
            classed.is_rejected
            and classed.delivery = places.delivery
            and classed.crime_ref = places.crime_ref

)

select * from final
