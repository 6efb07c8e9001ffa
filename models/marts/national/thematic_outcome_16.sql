{%- set z = var('interval_z') -%}
with

delivered_counts as (

    select * from {{ ref('int_national__thematic_counts_checked') }}
    where is_current and rejection_reason is null

),

offences as (

    select * from {{ ref('int_national__thematic_offences_grouped') }}

),

areas as (

    select distinct thematic_area
    from {{ ref('thematic_area_rules') }}

),

counts as (

    select
        'aggregate' as basis,
        delivered_counts.force,
        delivered_counts.period,
        areas.thematic_area,
        {% for count in ['offences', 'outcome_16'] -%}
        cast(delivered_counts.{{ count }} as bigint) as {{ count }},
        {{ key_of_delivered_count([
            'delivered_counts.force', 'delivered_counts.period',
            'areas.thematic_area', "'" ~ count ~ "'",
        ]) }} as {{ count }}_key,
        {% endfor -%}
        delivered_counts.printed_share,
        delivered_counts.printed_decimals
    from delivered_counts
    inner join areas
        on delivered_counts.thematic_area = {{ match_key('areas.thematic_area') }}

    {% for period in ['financial_year', "'all'"] -%}
    union all

    select
        'record-level' as basis,
        force,
        {{ period }} as period,
        thematic_area,
        count(*) as offences,
        {{ cell_key() }} as offences_key,
        count(case when is_outcome_16 then 1 end) as outcome_16,
        {{ cell_key(condition='is_outcome_16') }} as outcome_16_key,
        cast(null as double) as printed_share,
        cast(null as integer) as printed_decimals
    from offences
    group by force, {{ period }}, thematic_area

    {% endfor %}
),

shares as (

    select
        *,
        case when offences > 0 then cast(outcome_16 as double) / offences end as share
    from counts

),

final as (

    select
        basis,
        force,
        period,
        thematic_area,
        offences,
        offences_key,
        outcome_16,
        outcome_16_key,
        share as outcome_16_share,
        case
            when offences > 0 then {{ wilson_bound('share', 'offences', z, '-') }}
        end as ci_low,
        case
            when offences > 0 then {{ wilson_bound('share', 'offences', z, '+') }}
        end as ci_high,
        printed_share,
        printed_decimals,
        -- Half a unit of the last decimal, and what floating point adds.
        abs(share - printed_share) <= 0.5e0 * power(10e0, -printed_decimals) + 1e-12
            as is_as_printed
    from shares

)

select * from final
