{%- set named_by_reason = [
    'key_missing', 'recording_date_missing', 'value_unreadable', 'value_not_in_list'
] -%}
-- noqa: disable=LT02
-- One row per delivered row of the five extracts: what is wrong with it? One column per
-- gap, null for rows it does not apply to.
with

{% for extract, model in checked_extracts() -%}
{% set is_mark = extract in ('flags', 'knife_crime_features') -%}
{% set is_feature = extract == 'knife_crime_features' -%}
{{ extract }} as (

    select
        delivered.delivery,
        delivered.crime_ref,
        '{{ extract }}' as extract,
        delivered.line_no,
        delivered.rejection_reason,
        {{ 'cast(null as boolean)' if is_mark else 'false' }} as row_identical,
        {{ 'lookup.feature is null' if is_feature else 'cast(null as boolean)' }}
            as feature_not_in_lookup
    from {{ ref(model) }} as delivered
    {% if is_feature -%}
    left join {{ ref('knife_crime_features') }} as lookup
        on {{ match_key('delivered.feature') }} = {{ match_key('lookup.raw_feature') }}
    {% endif -%}
    {% if is_mark -%}
    where {{ is_taken('delivered.crime_ref') }}
    {%- else -%}
    where
        {{ is_taken('delivered.crime_ref') }}
        and coalesce(delivered.rejection_reason, '') != 'key is repeated'

    union all

    -- Only a row whose key is repeated can have a twin.
    select
        delivery,
        crime_ref,
        '{{ extract }}' as extract,
        line_no,
        rejection_reason,
        count(*) over (
            partition by {{ columns_of(model, ['line_no']) | join(', ') }}
        ) > 1 as row_identical,
        cast(null as boolean) as feature_not_in_lookup
    from {{ ref(model) }}
    where {{ is_taken() }} and rejection_reason = 'key is repeated'
    {%- endif %}

),

{% endfor -%}

delivered_rows as (

    {% for extract, model in checked_extracts() -%}
    select
        *,
        false as row_malformed
    from {{ extract }}

    union all

    {% endfor -%}
    select
        delivery,
        crime_ref,
        extract,
        line_no,
        reason as rejection_reason,
        cast(null as boolean) as row_identical,
        cast(null as boolean) as feature_not_in_lookup,
        true as row_malformed
    from {{ ref('stg_malformed_rows') }}
    where {{ is_taken() }}

),

rejected_reports as (

    select distinct
        delivery,
        crime_ref
    from delivered_rows
    where crime_ref is not null and rejection_reason is not null

),

-- Where to send what is to be mended.
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
        delivered_rows.delivery,
        delivered_rows.crime_ref,
        delivered_rows.extract,
        delivered_rows.line_no,
        -- The reasons of these classes begin with the field.
        case
            when
                {% for column, condition, _ in rejection_classes()
                    if column in named_by_reason -%}
                {{ condition }}{{ " or " if not loop.last }}
                {% endfor -%}
                then split_part(delivered_rows.rejection_reason, ' ', 1)
        end as field,
        places.bcu,
        {% for extract, model in checked_extracts() -%}
        case
            when delivered_rows.extract = '{{ extract }}'
                then delivered_rows.rejection_reason is not null
        end as {{ extract }}_rejected,
        {% endfor -%}
        {% for column, condition, extracts in rejection_classes() -%}
        case
            when
                not delivered_rows.row_malformed
                and delivered_rows.extract in ({{ extracts }})
                then coalesce({{ condition }}, false)
        end as {{ column }},
        {% endfor -%}
        delivered_rows.row_malformed,
        delivered_rows.row_identical,
        delivered_rows.feature_not_in_lookup
    from delivered_rows
    left join places
        on
            delivered_rows.rejection_reason is not null
            and delivered_rows.delivery = places.delivery
            and delivered_rows.crime_ref = places.crime_ref

)

select * from final
