-- A code in no lookup is not lost: it keeps the name the FBI gives it, as a category
-- without a group. New codes appear from year to year, so this warns and stops nothing.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'nibrs_offences'}}}) }}

{% set lookups = [
    ('offense_type', 'offense_code', 'nibrs_offences', 'offense_code'),
    ('location_type', 'location_code', 'nibrs_locations', 'location_code'),
    ('relationship', 'relationship_code', 'nibrs_relationships', 'relationship_code'),
    ('ref_race', 'race_code', 'nibrs_races', 'race_code'),
    ('bias_list', 'bias_code', 'nibrs_biases', 'bias_code'),
    ('injury', 'injury_code', 'nibrs_injuries', 'code'),
] -%}

with

unmatched as (

    {% for table, code, lookup, key in lookups -%}
    select distinct
        '{{ table }}' as code_table,
        published.delivery,
        published.{{ code }} as code
    from {{ source('raw_nibrs', table) }} as published
    left join {{ ref(lookup) }} as lookup
        on published.{{ code }} = lookup.{{ key }}
    where lookup.{{ key }} is null
    {{ "union all" if not loop.last }}
    {% endfor %}
)

select * from unmatched
