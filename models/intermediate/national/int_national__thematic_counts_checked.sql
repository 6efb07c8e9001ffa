-- A later delivery replaces the count; the period is part of the key, and may not be
-- stated.
with

counts as (

    select
        rows_staged.*,
        force_names.force
    from {{ ref('stg_national__thematic_counts') }} as rows_staged
    left join {{ ref('force_names') }} as force_names
        on
            {{ match_key('rows_staged.raw_force') }}
            = {{ match_key('force_names.raw_force') }}

),

thematic_area_list as (

    select distinct {{ match_key('thematic_area') }} as listed
    from {{ ref('thematic_area_rules') }}

),

latest as (

    select
        force,
        period,
        thematic_area,
        max(delivery) as latest_delivery
    from counts
    group by force, period, thematic_area

),

repeated_keys as (

    select
        delivery,
        force,
        period,
        thematic_area
    from counts
    group by delivery, force, period, thematic_area
    having count(*) > 1

),

final as (

    select
        counts.*,
        coalesce(counts.delivery = latest.latest_delivery, false) as is_current,
        case
            when counts.row_problem is not null then counts.row_problem
            when counts.raw_force is not null and counts.force is null
                then 'not_in_forces force'
            when counts.thematic_area is not null and thematic_area_list.listed is null
                then 'not_in_list thematic_area'
            when counts.period_to < counts.period_from
                then 'period_ends_before_it_begins'
            when counts.outcome_16 > counts.offences
                then 'more_outcome_16_than_offences'
            when counts.printed_share > 1 then 'printed_share_above_one'
            when repeated_keys.delivery is not null then 'key_repeated'
        end as rejection_reason
    from counts
    left join thematic_area_list
        on {{ match_key('counts.thematic_area') }} = thematic_area_list.listed
    left join latest
        on
            counts.force = latest.force
            and counts.period = latest.period
            and counts.thematic_area = latest.thematic_area
    left join repeated_keys
        on
            counts.delivery = repeated_keys.delivery
            and counts.force = repeated_keys.force
            and counts.period = repeated_keys.period
            and counts.thematic_area = repeated_keys.thematic_area

)

select * from final
