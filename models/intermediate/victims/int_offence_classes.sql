-- noqa: disable=LT02
-- Lookups and crime-area rules are applied once to each distinct classification.
with

offences as (

    select
        offence_class,
        min(major_crime) as raw_major_crime,
        min(minor_crime) as raw_minor_crime,
        min(offence) as raw_offence
    from {{ ref('int_offences_checked') }}
    where rejection_reason is null
    group by offence_class

),

major_crimes as (

    select * from {{ ref('major_crimes') }}

),

crime_types as (

    select * from {{ ref('crime_types') }}

),

area_rules as (

    select * from {{ ref('crime_area_rules') }}

),

classified as (

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

),

fields as (

    select
        offence_class,
        'major_crime' as field,
        {{ match_key('major_crime') }} as field_value
    from classified

    union all

    select
        offence_class,
        'minor_crime' as field,
        {{ match_key('minor_crime') }} as field_value
    from classified

    union all

    select
        offence_class,
        'offence' as field,
        {{ match_key('offence') }} as field_value
    from classified

),

matched_rules as (

    select distinct
        fields.offence_class,
        area_rules.crime_area,
        area_rules.criterion
    from fields
    inner join area_rules
        on
            fields.field = area_rules.field
            and (
                fields.field_value = {{ match_key('area_rules.value') }}
                or (
                    area_rules.comparison = 'contains'
                    and instr(
                        fields.field_value, {{ match_key('area_rules.value') }}
                    ) > 0
                )
            )

),

areas as (

    select
        offence_class,
        {% for column, area, criterion in offence_area_columns() -%}
        max(
            crime_area = '{{ area }}' and criterion = '{{ criterion }}'
        ) as {{ column }}{{ "," if not loop.last }}
        {% endfor %}
    from matched_rules
    group by offence_class

),

final as (

    select
        classified.*
        {%- for column, area, criterion in offence_area_columns() %},
        coalesce(areas.{{ column }}, false) as {{ column }}
        {%- endfor %}
    from classified
    left join areas
        on classified.offence_class = areas.offence_class

)

select * from final
