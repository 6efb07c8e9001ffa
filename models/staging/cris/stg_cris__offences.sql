with

raw_offences as (

    select * from {{ source('raw_cris', 'offences') }}
    where {{ is_taken(clean_text('crime_ref')) }}

),

final as (

    select
        'cris' as source_system,
        delivery,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        {{ read_integer('offence_no') }} as offence_no,
        case lower({{ clean_text('offence_role') }})
            when 'main' then 'Main'
            when 'subsidiary' then 'Subsidiary'
        end as offence_role,
        {{ clean_text('major_crime') }} as major_crime,
        {{ clean_text('minor_crime') }} as minor_crime,
        {{ clean_text('offence') }} as offence,
        {{ normalise_outcome_code('outcome_code') }} as outcome_code,
        {{ clean_text('outcome_code') }} as source_outcome,
        {{ read_date('outcome_on') }} as outcome_on,
        {{ read_date('committed_on') }} as committed_on,
        {{ read_date('reported_on') }} as reported_on,
        {{ read_date('recorded_on') }} as recorded_on,
        {{ read_date('investigation_completed_on') }}
            as investigation_completed_on,
        {{ clean_text('borough') }} as borough,
        cast(null as string) as bcu,
        {{ clean_text('venue_type') }} as venue_type,
        {{ clean_text('how_notified') }} as how_notified,
        {{ first_problem([
            missing('crime_ref'),
            missing('offence_no'),
            not_a_number_from_one('offence_no'),
            (
                "coalesce(lower(" ~ clean_text('offence_role') ~ "), '')"
                ~ " not in ('main', 'subsidiary')",
                'not_main_or_subsidiary offence_role',
            ),
            (
                clean_text('recorded_on') ~ ' is null',
                'recording_date_missing recorded_on',
            ),
            not_a_date('recorded_on'),
            not_a_date('outcome_on'),
            not_a_date('committed_on'),
            not_a_date('reported_on'),
            not_a_date('investigation_completed_on'),
        ]) }} as row_problem
    from raw_offences

)

select * from final
