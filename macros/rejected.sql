{#- The words of a rejection (a row of seeds/rejection_reasons.csv and the field), as
    quality.rejected_rows prints them. -#}
{% macro rejection_words(reason, reasons) -%}
    replace({{ reasons }}.words, '{field}', split_part({{ reason }}, ' ', 2))
{%- endmacro %}

{#- Columns of a model, from its properties, except one. -#}
{% macro columns_of(model_name, but=none) -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.name == model_name -%}
            {%- for column in node.columns if column != but -%}
                {%- do found.append(column) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found or ['crime_ref']) }}
{%- endmacro %}
