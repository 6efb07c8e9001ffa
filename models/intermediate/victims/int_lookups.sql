-- The lookups of raw values in one list, raw values in their matching form.
with

final as (

    select
        'borough_bcus' as lookup,
        {{ match_key('borough') }} as raw_value,
        borough as category
    from {{ ref('borough_bcus') }}

    union all

    select
        'ethnic_appearances' as lookup,
        {{ match_key('raw_ethnic_appearance') }} as raw_value,
        ethnicity as category
    from {{ ref('ethnic_appearances') }}

    union all

    select
        'injury_degrees' as lookup,
        {{ match_key('raw_injury_degree') }} as raw_value,
        injury_degree as category
    from {{ ref('injury_degrees') }}

    union all

    select
        'major_crimes' as lookup,
        {{ match_key('raw_major_crime') }} as raw_value,
        major_crime as category
    from {{ ref('major_crimes') }}

    union all

    select
        'nationalities' as lookup,
        {{ match_key('raw_nationality') }} as raw_value,
        nationality as category
    from {{ ref('nationalities') }}

    union all

    select
        'outcome_codes' as lookup,
        {{ match_key('outcome_code') }} as raw_value,
        outcome_code as category
    from {{ ref('outcome_codes') }}

    union all

    select
        'pnc_statuses' as lookup,
        {{ match_key('raw_pnc_status') }} as raw_value,
        pnc_status as category
    from {{ ref('pnc_statuses') }}

    union all

    select
        'relationships' as lookup,
        {{ match_key('raw_how_known') }} as raw_value,
        relationship as category
    from {{ ref('relationships') }}

    union all

    select
        'report_routes' as lookup,
        {{ match_key('raw_how_notified') }} as raw_value,
        report_route as category
    from {{ ref('report_routes') }}

    union all

    select
        'sexes' as lookup,
        {{ match_key('raw_sex') }} as raw_value,
        sex as category
    from {{ ref('sexes') }}

    union all

    select
        'venue_types' as lookup,
        {{ match_key('raw_venue_type') }} as raw_value,
        venue_type as category
    from {{ ref('venue_types') }}

)

select * from final
