{#- Fields whose shares are compared from delivery to delivery: extract, field, lookup,
    raw column of the lookup (matched without regard to case), and the group that counts.
    Groups, not raw values: a change of spelling is not a change of what is recorded. -#}
{% macro watched_fields() -%}
    {{ return([
        ('offences', 'outcome_code', 'outcome_codes', 'outcome_code', 'outcome_code'),
        ('offences', 'major_crime', 'major_crimes', 'raw_major_crime', 'major_crime'),
        ('offences', 'borough', 'borough_bcus', 'borough', 'borough'),
        ('offences', 'venue_type', 'venue_types', 'raw_venue_type', 'venue_type'),
        ('offences', 'how_notified', 'report_routes', 'raw_how_notified', 'report_route'),
        ('victims', 'sex', 'sexes', 'raw_sex', 'sex'),
        (
            'victims', 'ethnic_appearance', 'ethnic_appearances',
            'raw_ethnic_appearance', 'ethnicity',
        ),
        (
            'victims', 'nationality', 'nationalities', 'raw_nationality', 'nationality',
        ),
        (
            'victims', 'injury_degree', 'injury_degrees', 'raw_injury_degree',
            'injury_degree',
        ),
        ('suspects', 'sex', 'sexes', 'raw_sex', 'sex'),
        (
            'suspects', 'ethnic_appearance', 'ethnic_appearances',
            'raw_ethnic_appearance', 'ethnicity',
        ),
        ('suspects', 'how_known', 'relationships', 'raw_how_known', 'relationship'),
        ('suspects', 'pnc_status', 'pnc_statuses', 'raw_pnc_status', 'pnc_status'),
    ]) }}
{%- endmacro %}

{#- Fields of which only the missing share is compared. -#}
{% macro watched_for_missing() -%}
    {{ return([
        ('offences', 'committed_on'),
        ('offences', 'reported_on'),
        ('offences', 'outcome_on'),
        ('offences', 'investigation_completed_on'),
        ('victims', 'age_at_report'),
        ('victims', 'self_defined_ethnicity'),
        ('suspects', 'age_at_report'),
        ('suspects', 'self_defined_ethnicity'),
    ]) }}
{%- endmacro %}

{#- How far a share lies from the usual one, 0-1, beyond three standard errors of the
    difference of two proportions. -#}
{% macro change_beyond_chance() -%}
    greatest(
        abs(shares.share - usual.usual_share)
        - 3 * sqrt(
            usual.usual_share * (1 - usual.usual_share)
            * (1.0 / shares.total_rows + 1.0 / usual.previous_rows)
        ),
        0
    )
{%- endmacro %}
