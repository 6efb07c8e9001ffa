{#- What is wrong with a rejected row, read off its reason: column of audit_extract_rows,
    condition, extracts it can be wrong in. Each reason is of one class (a data test). -#}
{% macro rejection_classes() -%}
    {%- set people = "'victims', 'suspects'" -%}
    {%- set marks = "'flags', 'knife_crime_features'" -%}
    {%- set all = "'offences', " ~ people ~ ", " ~ marks -%}
    {{ return([
        (
            'key_missing',
            "rejection_reason like '% is missing' "
            ~ "and rejection_reason != 'recorded_on is missing'",
            all,
        ),
        (
            'recording_date_missing',
            "rejection_reason = 'recorded_on is missing'",
            "'offences'",
        ),
        (
            'value_unreadable',
            "rejection_reason like '%is not a date%' "
            ~ "or rejection_reason like '%is not a whole number%'",
            "'offences', " ~ people,
        ),
        (
            'value_not_in_list',
            "rejection_reason like '%is not in the list' "
            ~ "or rejection_reason like '%is not Y, N or empty' "
            ~ "or rejection_reason = 'offence_role is not Main or Subsidiary'",
            "'offences', " ~ people,
        ),
        (
            'key_repeated',
            "rejection_reason like '% is repeated'",
            "'offences', " ~ people,
        ),
        (
            'crime_report_not_delivered',
            "rejection_reason like '%is not in the offences of this delivery' "
            ~ "or rejection_reason like '%is not in the incidents of this delivery'",
            ("'offences', " if crime_report_source() == 'nibrs' else '') ~ people ~ ", " ~ marks,
        ),
        (
            'main_offence_missing',
            "rejection_reason = 'crime report has no Main offence'",
            "'offences'",
        ),
        (
            'main_offence_repeated',
            "rejection_reason = 'crime report has several Main offences'",
            "'offences'",
        ),
    ]) }}
{%- endmacro %}

{#- Columns of a model, from its properties, but for those named. -#}
{% macro columns_of(model_name, but) -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.name == model_name -%}
            {%- for column in node.columns if column not in but -%}
                {%- do found.append(column) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found or ['crime_ref']) }}
{%- endmacro %}
