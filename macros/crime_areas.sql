{#- What an offence's classification says about each crime area: column, area, criterion
    (the rules themselves are rows of seeds/crime_area_rules.csv). -#}
{% macro offence_area_columns() -%}
    {{ return([
        ('is_domestic_abuse_offence', 'Domestic abuse', 'includes'),
        ('is_sexual_offence', 'Adult sexual offences', 'includes'),
        ('is_rape_offence', 'Adult rape offences', 'includes'),
        ('is_child_sexual_offence_by_age', 'Child sexual abuse', 'includes'),
        ('is_indecent_image_offence', 'Child sexual abuse', 'includes at any victim age'),
        ('states_child_victim', 'Child sexual abuse', 'states a child victim'),
        ('is_stalking_offence', 'Stalking', 'includes'),
        ('is_hate_offence', 'Hate crime', 'includes'),
        ('is_serious_youth_violence_offence', 'Serious youth violence', 'includes'),
        ('is_against_officer', 'Serious youth violence', 'excludes'),
        ('is_honour_based_offence', 'Honour based violence', 'includes'),
    ]) }}
{%- endmacro %}

{#- The reporting areas as rows, to turn one column per area into one row per area in a
    single pass: a union would read its source once for each. -#}
{% macro numbered_areas() -%}
    select
        area_no,
        area_bit,
        crime_area
    from (
        values
        {% for area, condition in reporting_areas() -%}
        ({{ loop.index }}, {{ 2 ** loop.index0 }}, '{{ area }}'){{ "," if not loop.last }}
        {% endfor %}
    ) as listed (area_no, area_bit, crime_area)
{%- endmacro %}

{#- The areas a case belongs to as one number, a bit each: a case is counted once, however
    many areas there are. -#}
{% macro area_bits() -%}
    {% for area, condition in reporting_areas() -%}
    case when {{ condition }} then {{ 2 ** loop.index0 }} else 0 end
    {{- " +" if not loop.last }}
    {% endfor %}
{%- endmacro %}

{% macro of_area(counts) -%}
    cast(case areas.area_no
        {% for area, condition in reporting_areas() -%}
        when {{ loop.index }} then {{ counts }}_{{ loop.index }}
        {% endfor -%}
    end as bigint)
{%- endmacro %}

{#- Reporting areas in their order: name and the condition on
    marts.cases that selects it. Areas overlap; crime types do not. -#}
{% macro reporting_areas() -%}
    {{ return([
        ('All crime', 'true'),
        ('Domestic abuse', 'is_domestic_abuse'),
        ('Adult sexual offences', 'is_adult_sexual_offence'),
        ('Adult rape offences', 'is_adult_rape'),
        ('Child sexual abuse', 'is_child_sexual_abuse'),
        ('Stalking', 'is_stalking'),
        ('Hate crime', 'is_hate_crime'),
        ('Serious youth violence', 'is_serious_youth_violence'),
        ('Honour based violence', 'is_honour_based_violence'),
        ('Violence with injury', "crime_type = 'Violence with injury'"),
        ('Violence without injury', "crime_type = 'Violence without injury'"),
        ('Rape', "crime_type = 'Rape'"),
        ('Other sexual offences', "crime_type = 'Other sexual offences'"),
        ('Arson and criminal damage', "crime_type = 'Arson and criminal damage'"),
        ('Robbery', "crime_type = 'Robbery'"),
        ('Public order offences', "crime_type = 'Public order offences'"),
    ]) }}
{%- endmacro %}
