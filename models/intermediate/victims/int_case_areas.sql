-- The reporting areas of each case, a row for each: areas overlap.
with

cases as (

    select * from {{ ref('cases') }}
    where {{ is_taken() }}

),

crime_areas as (

    select * from {{ ref('crime_areas') }}

),

offences as (

    select * from {{ ref('int_offences_classified') }}
    where {{ is_taken() }} and is_combined

),

class_areas as (

    select
        offence_class,
        crime_area
    from {{ ref('int_offence_class_areas') }}
    group by offence_class, crime_area
    having max(criterion = 'includes') and not max(criterion = 'excludes')

),

marks as (

    select * from {{ ref('int_crime_report_marks') }}
    where {{ is_taken() }}

),

-- Areas included by rules and flags: the cases of an area without a condition below.
included as (

    select
        offences.crime_ref,
        class_areas.crime_area
    from offences
    inner join class_areas
        on offences.offence_class = class_areas.offence_class

    union

    select
        crime_ref,
        crime_area
    from marks
    where crime_area is not null

),

final as (

    select
        cases.crime_ref,
        crime_areas.area_no,
        crime_areas.crime_area
    from cases
    cross join crime_areas
    left join included
        on
            cases.crime_ref = included.crime_ref
            and crime_areas.crime_area = included.crime_area
    where
        case crime_areas.crime_area
            when 'All crime' then true
            when 'Domestic abuse' then cases.is_domestic_abuse
            when 'Adult sexual offences' then cases.is_adult_sexual_offence
            when 'Adult rape offences' then cases.is_adult_rape
            when 'Child sexual abuse' then cases.is_child_sexual_abuse
            when 'Stalking' then cases.is_stalking
            when 'Hate crime' then cases.is_hate_crime
            when 'Serious youth violence' then cases.is_serious_youth_violence
            when 'Honour based violence' then cases.is_honour_based_violence
            else
                coalesce(
                    cases.crime_type = crime_areas.crime_type,
                    included.crime_ref is not null
                )
        end

)

select * from final
