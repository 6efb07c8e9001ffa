{#- Columns of a mart row from its offence (victims, suspects: from the Main one). -#}
{% macro offence_columns() -%}
    {{ return([
        'borough', 'bcu',
        'committed_on', 'reported_on', 'recorded_on', 'investigation_completed_on',
        'outcome_on',
        'major_crime', 'minor_crime', 'offence', 'crime_type',
        'outcome_code', 'source_outcome', 'outcome_group', 'is_victim_withdrawal',
        'is_domestic_abuse', 'is_stalking', 'is_hate_crime',
        'is_honour_based_violence',
        'venue_type', 'report_route', 'delay_to_report', 'days_to_report',
        'days_to_complete', 'duration_band',
        'is_completed_within_4_weeks', 'is_completed_within_12_weeks',
        'is_domestic_incident_flagged', 'is_honour_based_violence_flagged',
        'is_modern_slavery_flagged', 'is_knife_crime_flagged',
        'is_racial_incident_flagged', 'is_transgender_hate_crime_flagged',
        'is_islamophobic_hate_crime_flagged', 'is_homophobic_hate_crime_flagged',
        'is_faith_hate_crime_flagged', 'is_disability_hate_crime_flagged',
        'is_antisemitic_hate_crime_flagged',
    ]) }}
{%- endmacro %}

{% macro victim_columns() -%}
    {{ return([
        'victim_sex', 'is_victim_transgender_or_non_binary',
        'victim_age', 'victim_age_group', 'victim_age_detail',
        'victim_ethnicity', 'victim_self_defined_ethnicity', 'victim_nationality',
        'has_victim_physical_disability', 'has_victim_mental_health_disability',
        'has_victim_other_disability', 'is_victim_intimidated',
        'is_repeat_victim', 'is_victim_injured', 'victim_injury_degree',
    ]) }}
{%- endmacro %}

{% macro suspect_columns() -%}
    {{ return([
        'suspect_sex', 'suspect_age', 'suspect_age_group', 'suspect_age_detail',
        'suspect_ethnicity', 'suspect_self_defined_ethnicity', 'suspect_nationality',
        'has_suspect_disability', 'suspect_pnc_status', 'suspect_relationship',
        'is_suspect_known_to_victim', 'is_suspect_arrested_on_scene',
        'is_suspect_arrested_or_interviewed_later',
    ]) }}
{%- endmacro %}

{#- Child sexual abuse: the victim is 1-17, except for offences that state a child or are
    indecent images of children. An unknown age is not a child. -#}
{% macro is_child_sexual_abuse(offence, victim_age) -%}
    (
        {{ offence }}.is_indecent_image_offence
        or (
            {{ offence }}.is_child_sexual_offence_by_age
            and (
                {{ offence }}.states_child_victim
                or coalesce({{ victim_age }} between 1 and 17, false)
            )
        )
    )
{%- endmacro %}
