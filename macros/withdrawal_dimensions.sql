{#- Dimensions of withdrawal_rates: name and the column of marts.cases. Those of the
    suspect leave out cases without one. The hate strands overlap and are added apart. -#}
{% macro withdrawal_dimensions() -%}
    {{ return([
        ('bcu', 'bcu'),
        ('borough', 'borough'),
        ('month', 'recorded_month'),
        ('crime_type', 'crime_type'),
        ('venue_type', 'venue_type'),
        ('report_route', 'report_route'),
        ('delay_to_report', 'delay_to_report'),
        ('victim_sex', 'victim_sex'),
        ('victim_ethnicity', 'victim_ethnicity'),
        ('victim_age', 'victim_age_group'),
        ('victim_age_detail', 'victim_age_detail'),
        ('victim_nationality', 'victim_nationality'),
        ('suspect_recorded', 'suspect_recorded'),
        ('suspect_known', 'suspect_known'),
        ('suspect_sex', 'suspect_sex'),
        ('suspect_ethnicity', 'suspect_ethnicity'),
        ('suspect_age', 'suspect_age_group'),
        ('suspect_age_detail', 'suspect_age_detail'),
        ('suspect_nationality', 'suspect_nationality'),
        ('suspect_relationship', 'suspect_relationship'),
        ('suspect_pnc_status', 'suspect_pnc_status'),
        ('suspect_arrest', 'suspect_arrest'),
    ]) }}
{%- endmacro %}
