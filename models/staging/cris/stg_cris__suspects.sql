with

raw_suspects as (

    select * from {{ source('raw_cris', 'suspects') }}
    where {{ is_taken(clean_text('crime_ref')) }}

),

final as (

    select
        'cris' as source_system,
        delivery,
        line_no,
        {{ clean_text('crime_ref') }} as crime_ref,
        {{ read_integer('suspect_no') }} as suspect_no,
        {{ clean_text('sex') }} as sex,
        {{ read_integer('age_at_report') }} as age_at_report,
        {{ clean_text('ethnic_appearance') }} as ethnic_appearance,
        {{ clean_text('self_defined_ethnicity') }} as self_defined_ethnicity,
        {{ clean_text('nationality') }} as nationality,
        {{ clean_text('disability') }} as disability,
        {{ clean_text('pnc_status') }} as pnc_status,
        {{ clean_text('how_known') }} as how_known,
        {{ read_yes_no('arrested_on_scene') }} as arrested_on_scene,
        {{ read_yes_no('arrested') }} as arrested,
        {{ read_yes_no('interviewed') }} as interviewed,
        cast(null as string) as set_aside_reason,
        {{ first_problem([
            missing('crime_ref'),
            missing('suspect_no'),
            not_a_number_from_one('suspect_no'),
            not_a_whole_number('age_at_report'),
            not_yes_no('arrested_on_scene'),
            not_yes_no('arrested'),
            not_yes_no('interviewed'),
        ]) }} as row_problem
    from raw_suspects

)

select * from final
