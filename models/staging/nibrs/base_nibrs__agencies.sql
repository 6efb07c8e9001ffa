-- One row per agency of a delivery: its unique name and its county or, failing that,
-- its state. Names are shared between states, so a shared one gets its state.
with

agencies as (

    select * from {{ source('raw_nibrs', 'agencies') }}

),

states as (

    select * from {{ source('raw_nibrs', 'ref_state') }}

),

named as (

    select
        agencies.delivery,
        agencies.agency_id,
        states.state_name,
        coalesce(states.state_abbr, agencies.state_id) as state,
        coalesce(
            {{ clean_text('agencies.agency_name') }},
            {{ clean_text('agencies.ncic_agency_name') }},
            {{ clean_text(
                "concat(agencies.pub_agency_name, ' ',"
                " coalesce(agencies.pub_agency_unit, ''))"
            ) }}
        ) as agency,
        case
            -- Placeholders of the FBI's files: no county at all.
            when
                upper(agencies.county_name) not in ('NOT SPECIFIED', 'UNMAPPED COUNTY')
                then {{ clean_text('agencies.county_name') }}
        end as county
    from agencies
    left join states
        on
            agencies.delivery = states.delivery
            and agencies.state_id = states.state_id

),

final as (

    select
        delivery,
        agency_id,
        case
            when
                min(state) over (partition by agency)
                != max(state) over (partition by agency)
                then agency || ', ' || state
            else agency
        end as agency,
        case
            when county is null then coalesce(state_name, state)
            when
                min(state) over (partition by county)
                != max(state) over (partition by county)
                then county || ', ' || state
            else county
        end as county_or_state
    from named

)

select * from final
