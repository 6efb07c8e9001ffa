{#- One column per flag that a rule uses: column, name in seeds/flags.csv. -#}
{% macro mark_columns() -%}
    {{ return([
        ('is_domestic_incident_flagged', 'Domestic incident'),
        ('is_honour_based_violence_flagged', 'Honour based violence'),
        ('is_modern_slavery_flagged', 'Modern slavery'),
        ('is_knife_crime_flagged', 'Knife crime'),
    ] + hate_strand_columns()) }}
{%- endmacro %}

{% macro hate_strand_columns() -%}
    {{ return([
        ('is_racial_incident_flagged', 'Racial incident'),
        ('is_transgender_hate_crime_flagged', 'Transgender hate crime'),
        ('is_islamophobic_hate_crime_flagged', 'Islamophobic hate crime'),
        ('is_homophobic_hate_crime_flagged', 'Homophobic hate crime'),
        ('is_faith_hate_crime_flagged', 'Faith hate crime'),
        ('is_disability_hate_crime_flagged', 'Disability hate crime'),
        ('is_antisemitic_hate_crime_flagged', 'Antisemitic hate crime'),
    ]) }}
{%- endmacro %}
