{#- Crime reports that a delivery's offences name, in rows that can be read or not. -#}
{% macro named_crime_reports() -%}
    select
        delivery,
        crime_ref
    from {{ ref('stg_offences') }}
    where crime_ref is not null

    union

    select
        delivery,
        crime_ref
    from {{ ref('stg_malformed_rows') }}
    where extract = 'offences' and crime_ref is not null
{%- endmacro %}
