-- noqa: disable=LT02
-- The combined dataset: one offence, one victim, at most one suspect, so that the
-- outcome belongs to that victim (London study, Creating the bespoke dataset).
-- The columns of an offence are listed once for four marts (macros/mart_columns.sql).
with

offences as (

    select * from {{ ref('int_offences_classified') }}
    where {{ is_taken() }} and is_combined

),

victims as (

    select * from {{ ref('int_victims_grouped') }}
    where {{ is_taken() }}

),

suspects as (

    select * from {{ ref('int_suspects_grouped') }}
    where {{ is_taken() }}

),

final as (

    select
        offences.source_system,
        offences.crime_ref,
        offences.delivery,
        {{ record_key('offences.crime_ref') }} as record_key,
        {% for column in offence_columns() -%}
        offences.{{ column }},
        {% endfor -%}
        offences.is_sexual_offence
        and not {{ is_child_sexual_abuse('offences', 'victims.victim_age') }}
            as is_adult_sexual_offence,
        offences.is_rape_offence
        and not {{ is_child_sexual_abuse('offences', 'victims.victim_age') }}
            as is_adult_rape,
        {{ is_child_sexual_abuse('offences', 'victims.victim_age') }}
            as is_child_sexual_abuse,
        offences.is_serious_youth_violence_offence
        and not offences.is_against_officer
        and not offences.is_domestic_abuse
        and coalesce(victims.victim_age between 1 and 24, false)
        and coalesce(suspects.suspect_age between 1 and 24, false)
            as is_serious_youth_violence,
        {% for column in victim_columns() -%}
        victims.{{ column }},
        {% endfor -%}
        suspects.crime_ref is not null as is_suspect_recorded,
        {% for column in suspect_columns() -%}
        {% if column.startswith(('is_', 'has_')) -%}
        coalesce(suspects.{{ column }}, false) as {{ column }}
        {%- elif column == 'suspect_age' -%}
        suspects.suspect_age
        {%- else -%}
        coalesce(suspects.{{ column }}, 'No suspect recorded') as {{ column }}
        {%- endif %}{{ "," if not loop.last }}
        {% endfor %}
    from offences
    inner join victims
        on offences.crime_ref = victims.crime_ref
    left join suspects
        on offences.crime_ref = suspects.crime_ref

)

select * from final
