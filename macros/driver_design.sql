{#- The key variables as the driver models see them (London study p. Key variables):
    variable, column of marts.cases, its categories. Which of them a model compares with
    is in seeds/driver_predictors.csv and seeds/driver_model_changes.csv. -#}
{% macro driver_categories() -%}
    {{ return([
        ('crime_type', 'crime_type', [
            'Violence without injury', 'Violence with injury', 'Rape',
            'Other sexual offences', 'Arson and criminal damage', 'Robbery',
            'Public order offences', 'Unknown',
        ]),
        ('venue_type', 'venue_type', [
            'Public outdoor or open space', 'Private or residential',
            'Hotel or hostel', 'Leisure, retail or transport', 'Institution',
            'Other venue', 'Unknown',
        ]),
        ('report_route', 'report_route', [
            'Phone call to police', 'Caller at station', 'Email or internet',
            'Third party', 'Third-party authority', 'Reported or found by police',
            'Transferred from other force or agency', 'Other notification',
            'Unknown',
        ]),
        ('delay_to_report', 'delay_to_report', [
            'Same day', '1-7 days', '1 week-1 year', 'Over a year', 'Unknown',
        ]),
        ('victim_sex', 'victim_sex', ['Male', 'Female', 'Unknown']),
        ('victim_age', 'victim_age_group', [
            '25-64', '1-17', '18-24', '65+', 'Unknown',
        ]),
        ('victim_age_detail', 'victim_age_detail', [
            '25-64', '1-9', '10-12', '13-15', '16-17', '18-24', '65+', 'Unknown',
        ]),
        ('victim_ethnicity', 'victim_ethnicity', [
            'White', 'Black', 'Asian', 'Other', 'Unknown',
        ]),
        ('victim_nationality', 'victim_nationality', [
            'UK national', 'Non-UK national', 'Unknown',
        ]),
        ('suspect_sex', 'suspect_sex', ['Male', 'Female', 'Unknown']),
        ('suspect_age', 'suspect_age_group', [
            '25-64', '1-17', '18-24', '65+', 'Unknown',
        ]),
        ('suspect_age_detail', 'suspect_age_detail', [
            '25-64', '1-9', '10-12', '13-15', '16-17', '18-24', '65+', 'Unknown',
        ]),
        ('suspect_ethnicity', 'suspect_ethnicity', [
            'White', 'Black', 'Asian', 'Other', 'Unknown',
        ]),
        ('suspect_nationality', 'suspect_nationality', [
            'UK national', 'Non-UK national', 'Unknown',
        ]),
        ('suspect_pnc_status', 'suspect_pnc_status', [
            'Not identified', 'Known to PNC', 'No trace on PNC',
            'PNC check not performed', 'Unknown',
        ]),
        ('suspect_relationship', 'suspect_relationship', [
            'Not recorded (stranger)', 'Current or ex-partner', 'Family',
            'Friend or acquaintance', 'Other relationship', 'Unknown',
        ]),
    ]) }}
{%- endmacro %}

{#- Yes/no key variables: variable, condition on marts.cases. -#}
{% macro driver_flags() -%}
    {{ return([
        ('modern_slavery_flag', 'is_modern_slavery_flagged'),
        ('knife_crime_flag', 'is_knife_crime_flagged'),
        ('honour_based_violence_flag', 'is_honour_based_violence_flagged'),
        ('domestic_incident_flag', 'is_domestic_incident_flagged'),
        ('hate_crime_flag', 'is_hate_crime'),
        ('racial_incident_flag', 'is_racial_incident_flagged'),
        ('transgender_hate_crime_flag', 'is_transgender_hate_crime_flagged'),
        ('islamophobic_hate_crime_flag', 'is_islamophobic_hate_crime_flagged'),
        ('homophobic_hate_crime_flag', 'is_homophobic_hate_crime_flagged'),
        ('faith_hate_crime_flag', 'is_faith_hate_crime_flagged'),
        ('disability_hate_crime_flag', 'is_disability_hate_crime_flagged'),
        ('antisemitic_hate_crime_flag', 'is_antisemitic_hate_crime_flagged'),
        ('victim_transgender_or_non_binary', 'is_victim_transgender_or_non_binary'),
        ('victim_physical_disability', 'has_victim_physical_disability'),
        ('victim_mental_health_disability', 'has_victim_mental_health_disability'),
        ('victim_other_disability', 'has_victim_other_disability'),
        ('victim_intimidated', 'is_victim_intimidated'),
        ('repeat_victim', 'is_repeat_victim'),
        ('victim_injured', 'is_victim_injured'),
        ('suspect_recorded', 'is_suspect_recorded'),
        ('suspect_known_to_victim', 'is_suspect_known_to_victim'),
        ('suspect_arrested_on_scene', 'is_suspect_arrested_on_scene'),
        (
            'suspect_arrested_or_interviewed_later',
            'is_suspect_arrested_or_interviewed_later',
        ),
        ('suspect_disability', 'has_suspect_disability'),
    ]) }}
{%- endmacro %}

{% macro design_column(variable, category) -%}
    {%- set words = modules.re.sub('[^a-z0-9]+', '_', category | lower) -%}
    {{ return(variable ~ '__' ~ modules.re.sub('^_|_$', '', words)) }}
{%- endmacro %}

{#- Whose a key variable is, as the study's plots group them. -#}
{% macro variable_group(variable) -%}
    {%- if variable.startswith('suspect_') -%}{{ return('suspect') }}{%- endif -%}
    {%- if variable.startswith('victim_') or variable == 'repeat_victim' -%}
    {{ return('victim') }}
    {%- endif -%}
    {{ return('offence') }}
{%- endmacro %}

{#- What a plot calls a category of a key variable. -#}
{% macro design_label(variable, category=none) -%}
    {%- set words = (variable | replace('_', ' ')).capitalize()
        | replace('pnc', 'PNC') | replace(' detail', '') -%}
    {{ return(words if category is none else words ~ ': ' ~ category) }}
{%- endmacro %}

{#- One of five parts of the cases, the same on every engine and in every build: the
    first two digits of a checksum of the key. -#}
{% macro validation_fold(key) -%}
    cast((
        (instr('0123456789abcdef', substr(md5({{ key }}), 1, 1)) - 1) * 16
        + instr('0123456789abcdef', substr(md5({{ key }}), 2, 1)) - 1
    ) % 5 as integer)
{%- endmacro %}
