-- A suspect cannot be tied to one of several offences, so each takes the Main offence's
-- classification and outcome.
-- The columns of an offence are listed once for four marts (macros/mart_columns.sql).
with

suspects as (

    select * from {{ ref('int_suspects_grouped') }}
    where {{ is_taken() }}

),

main_offences as (

    select * from {{ ref('int_offences_classified') }}
    where {{ is_taken() }} and offence_role = 'Main'

),

final as (

    select
        main_offences.source_system,
        suspects.crime_ref,
        suspects.suspect_no,
        main_offences.delivery,
        {% for column in offence_columns() -%}
        main_offences.{{ column }},
        {% endfor -%}
        {% for column in suspect_columns() -%}
        suspects.{{ column }},
        {% endfor -%}
        main_offences.is_combined
    from main_offences
    inner join suspects
        on main_offences.crime_ref = suspects.crime_ref

)

select * from final
