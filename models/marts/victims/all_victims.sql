-- A victim cannot be tied to one of several offences, so each takes the Main offence's
-- classification and outcome.
-- The columns of an offence are listed once for four marts (macros/mart_columns.sql).
with

victims as (

    select * from {{ ref('int_victims_grouped') }}
    where {{ is_taken() }}

),

main_offences as (

    select * from {{ ref('int_offences_classified') }}
    where {{ is_taken() }} and offence_role = 'Main'

),

final as (

    select
        main_offences.source_system,
        victims.crime_ref,
        victims.victim_no,
        main_offences.delivery,
        {% for column in offence_columns() -%}
        main_offences.{{ column }},
        {% endfor -%}
        main_offences.is_sexual_offence
        and not {{ is_child_sexual_abuse('main_offences', 'victims.victim_age') }}
            as is_adult_sexual_offence,
        main_offences.is_rape_offence
        and not {{ is_child_sexual_abuse('main_offences', 'victims.victim_age') }}
            as is_adult_rape,
        {{ is_child_sexual_abuse('main_offences', 'victims.victim_age') }}
            as is_child_sexual_abuse,
        {% for column in victim_columns() -%}
        victims.{{ column }},
        {% endfor -%}
        main_offences.is_combined
    from main_offences
    inner join victims
        on main_offences.crime_ref = victims.crime_ref

)

select * from final
