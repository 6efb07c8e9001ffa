{#- Disclosure control by cell keys, as the Office for National Statistics protects Census
    2021 (docs/disclosure.md). A record has a key; a count carries the sum of its records'
    keys; that sum decides by how much the count is changed. So the same records give the
    same figure wherever they are counted. -#}

{#- Key of a record, 0 to 4095: the first 12 bits of HMAC-SHA256 (RFC 2104) of its
    reference under the warehouse's secret, of which `raw.record_key` holds the two padded
    keys (linkage/extracts/record_key.py). -#}
{% macro record_key(reference) -%}
    {{ return(adapter.dispatch('record_key')(reference)) }}
{%- endmacro %}

{% macro duckdb__record_key(reference) -%}
    cast('0x' || substr(sha256(
        (select unhex(outer_key) from {{ source('raw', 'record_key') }})
        || unhex(sha256(
            (select unhex(inner_key) from {{ source('raw', 'record_key') }})
            || encode(coalesce({{ reference }}, ''))
        ))
    ), 1, 3) as integer)
{%- endmacro %}

{% macro spark__record_key(reference) -%}
    cast(conv(substr(sha2(concat(
        (select unhex(outer_key) from {{ source('raw', 'record_key') }}),
        unhex(sha2(concat(
            (select unhex(inner_key) from {{ source('raw', 'record_key') }}),
            encode(coalesce({{ reference }}, ''), 'UTF-8')
        ), 256))
    ), 256), 1, 3), 16, 10) as integer)
{%- endmacro %}

{#- Key of a count of the records that meet a condition; of a sum of counts, from theirs. -#}
{% macro cell_key(key='record_key', condition=none) -%}
    cast(coalesce(sum(
        {{ 'case when ' ~ condition ~ ' then ' ~ key ~ ' end' if condition else key }}
    ), 0) % 4096 as integer)
{%- endmacro %}

{#- Key of the records of a count without those of another, which are among them. -#}
{% macro remaining_key(whole, part) -%}
    ({{ whole }} - {{ part }} + 4096) % 4096
{%- endmacro %}

{#- The count as it may be released: rounded up or down to a multiple of 5 as its key
    decides (seeds/perturbation.csv), and null below 10 (`fewer than 10`). -#}
{% macro released(count, key) -%}
    nullif(greatest({{ perturbed(count, key) }}, 5), 5)
{%- endmacro %}

{#- Several counts, each under its name and with the key of its name. -#}
{% macro released_counts(counts) -%}
    {%- for count in counts -%}
    {{ released(count, count ~ '_key') }} as {{ count }}{{ "," if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{% macro perturbed(count, key) -%}
    {#- Built before the models that read it here. -#}
    {%- do ref('perturbation') -%}
    {{ count }} + case
        {%- for row in seed_rows('perturbation') %}
        when
            {{ count }} % 5 = {{ row.remainder }}
            and {{ key }} >= {{ row.keys_from }} and {{ key }} < {{ row.keys_before }}
            then {{ row.change }}
        {%- endfor %}
        when {{ count }} is not null then 0
    end
{%- endmacro %}

{#- Share of released counts. It takes 100 records, and 10 with and 10 without the event. -#}
{% macro released_share(part, whole) -%}
    case
        when {{ has_released_share(part, whole) }}
            then round(cast({{ part }} as double) / {{ whole }}, 3)
    end
{%- endmacro %}

{% macro has_released_share(part, whole) -%}
    {{ whole }} >= 100 and {{ has_enough_events(part, whole) }}
{%- endmacro %}

{#- 10 records with the event and 10 without, as estimates of models take them, too. -#}
{% macro has_enough_events(part, whole) -%}
    {{ part }} >= 10 and {{ whole }} - {{ part }} >= 10
{%- endmacro %}

{#- A bound of the 95% Wilson interval of that share; sign is '-' or '+'. -#}
{% macro released_bound(part, whole, sign) -%}
    case
        when {{ has_released_share(part, whole) }}
            then round({{ wilson_bound(
                '(cast(' ~ part ~ ' as double) / ' ~ whole ~ ')', whole,
                var('interval_z'), sign
            ) }}, 3)
    end
{%- endmacro %}

{#- Names of the counts of a row that are fewer than 10, or null: the released count is
    null there, nought included. `counts` are the names of released columns; where a row
    may lack a count, a mapping of each name to the count itself. -#}
{% macro fewer_than_10(counts) -%}
    nullif(concat_ws(', '
        {%- for name in counts %},
        case
            when {{ name }} is null
                {{- ' and ' ~ counts[name] ~ ' is not null' if counts is mapping }}
                then '{{ name }}'
        end
        {%- endfor %}
    ), '')
{%- endmacro %}

{#- An estimate of a model, rounded. It takes 10 cases with and 10 without the event. -#}
{% macro released_estimate(estimate, events, cases) -%}
    case
        when {{ has_enough_events(events, cases) }}
            then round(cast({{ estimate }} as double), 3)
    end
{%- endmacro %}
