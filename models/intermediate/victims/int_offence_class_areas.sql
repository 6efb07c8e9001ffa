-- Rules of a classification: the areas that include or exclude it.
with

offence_classes as (

    select * from {{ ref('int_offence_classes') }}

),

area_rules as (

    select * from {{ ref('crime_area_rules') }}

),

fields as (

    select
        offence_class,
        'major_crime' as field,
        {{ match_key('major_crime') }} as field_value
    from offence_classes

    union all

    select
        offence_class,
        'minor_crime' as field,
        {{ match_key('minor_crime') }} as field_value
    from offence_classes

    union all

    select
        offence_class,
        'offence' as field,
        {{ match_key('offence') }} as field_value
    from offence_classes

),

final as (

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

)

select * from final
