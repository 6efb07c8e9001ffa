-- Lookups are applied once to each distinct classification. It keeps its spelling: one
-- taken from other crime reports would change with them.
with

offences as (

    select distinct
        offence_class,
        major_crime as raw_major_crime,
        minor_crime as raw_minor_crime,
        offence as raw_offence
    from {{ ref('int_offences_checked') }}
    where rejection_reason is null

),

major_crimes as (

    select * from {{ ref('major_crimes') }}

),

crime_types as (

    select * from {{ ref('crime_types') }}

),

final as (

    select
        offences.offence_class,
        offences.raw_offence as offence,
        coalesce(major_crimes.major_crime, offences.raw_major_crime) as major_crime,
        coalesce(crime_types.minor_crime, offences.raw_minor_crime) as minor_crime,
        coalesce(major_crimes.is_in_scope, false) as is_in_scope,
        case
            when major_crimes.is_in_scope
                then coalesce(crime_types.crime_type, 'Unknown')
            else 'Out of scope'
        end as crime_type,
        major_crimes.major_crime is null as is_major_crime_unmatched,
        coalesce(major_crimes.is_in_scope, false)
        and crime_types.crime_type is null as is_minor_crime_unmatched
    from offences
    left join major_crimes
        on
            {{ match_key('offences.raw_major_crime') }}
            = {{ match_key('major_crimes.raw_major_crime') }}
    left join crime_types
        on
            major_crimes.major_crime = crime_types.major_crime
            and (
                crime_types.raw_minor_crime = '*'
                or {{ match_key('offences.raw_minor_crime') }}
                = {{ match_key('crime_types.raw_minor_crime') }}
            )

)

select * from final
