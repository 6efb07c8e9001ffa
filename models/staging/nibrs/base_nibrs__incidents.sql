-- One row per incident: where and when, and the one clearance that counts, by the
-- precedence of the lookup (exceptional before arrest before offender before none).
with

incidents as (

    select * from {{ source('raw_nibrs', 'incident') }}

),

exceptions as (

    select * from {{ source('raw_nibrs', 'cleared_except') }}

),

arrestees as (

    select * from {{ source('raw_nibrs', 'arrestee') }}

),

arrest_types as (

    select * from {{ source('raw_nibrs', 'arrest_type') }}

),

agencies as (

    select * from {{ ref('base_nibrs__agencies') }}

),

clearances as (

    select * from {{ ref('nibrs_clearances') }}

),

arrests as (

    select
        arrestees.delivery,
        arrestees.incident_id,
        min({{ read_nibrs_date('arrestees.arrest_date') }}) as first_arrested_on,
        max(arrest_types.arrest_type_code = 'O') as has_on_view_arrest,
        max({{ not_a_nibrs_date('arrestees.arrest_date') }})
            as has_unreadable_arrest
    from arrestees
    left join arrest_types
        on
            arrestees.delivery = arrest_types.delivery
            and arrestees.arrest_type_id = arrest_types.arrest_type_id
    group by arrestees.delivery, arrestees.incident_id

),

offenders as (

    select
        delivery,
        incident_id,
        count(*) as offenders
    from {{ ref('base_nibrs__offenders') }}
    where is_recorded
    group by delivery, incident_id

),

joined as (

    select
        incidents.*,
        agencies.agency,
        agencies.county_or_state,
        exceptions.cleared_except_code,
        arrests.first_arrested_on,
        arrests.incident_id is not null as has_arrest,
        coalesce(arrests.has_on_view_arrest, false) as has_on_view_arrest,
        coalesce(arrests.has_unreadable_arrest, false) as has_unreadable_arrest,
        coalesce(offenders.offenders, 0) as offenders,
        incidents.cleared_except_id is null
        or exceptions.cleared_except_code = 'N'
        or exceptional_clearances.clearance is not null as is_clearance_known,
        {{ not_a_nibrs_date('incidents.cleared_except_date') }}
            as has_unreadable_clearance,
        count(*) over (
            partition by incidents.delivery, incidents.incident_id
        ) as incident_rows
    from incidents
    left join exceptions
        on
            incidents.delivery = exceptions.delivery
            and incidents.cleared_except_id = exceptions.cleared_except_id
    left join clearances as exceptional_clearances
        on
            exceptional_clearances.clearance
            = concat('exceptional ', exceptions.cleared_except_code)
    left join arrests
        on
            incidents.delivery = arrests.delivery
            and incidents.incident_id = arrests.incident_id
    left join offenders
        on
            incidents.delivery = offenders.delivery
            and incidents.incident_id = offenders.incident_id
    left join agencies
        on
            incidents.delivery = agencies.delivery
            and incidents.agency_id = agencies.agency_id

),

ranked as (

    select
        joined.*,
        clearances.clearance,
        clearances.outcome_code,
        clearances.source_outcome,
        row_number() over (
            partition by joined.delivery, joined.incident_id
            order by clearances.precedence, joined.line_no
        ) as clearance_no
    from joined
    left join clearances
        on
            clearances.clearance = concat('exceptional ', joined.cleared_except_code)
            or (clearances.clearance = 'arrest' and joined.has_arrest)
            or (clearances.clearance = 'offender' and joined.offenders > 0)
            or clearances.clearance = 'none'

),

final as (

    select
        delivery,
        line_no,
        incident_id,
        incident_date,
        agency,
        county_or_state,
        {{ read_nibrs_date('incident_date') }} as recorded_on,
        upper(coalesce({{ clean_text('report_date_flag') }}, 'F')) in ('R', 'T')
            as is_report_date,
        clearance,
        outcome_code,
        source_outcome,
        case
            when clearance = 'arrest' then first_arrested_on
            when clearance like 'exceptional %'
                then {{ read_nibrs_date('cleared_except_date') }}
        end as cleared_on,
        has_arrest,
        has_on_view_arrest,
        offenders,
        incident_rows,
        is_clearance_known,
        has_unreadable_clearance,
        has_unreadable_arrest
    from ranked
    where clearance_no = 1

)

select * from final
