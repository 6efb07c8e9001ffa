{#- One of five parts of the cases, the same on every engine and in every build: the
    first two digits of a checksum of the key. -#}
{% macro validation_fold(key) -%}
    cast((
        (instr('0123456789abcdef', substr(md5({{ key }}), 1, 1)) - 1) * 16
        + instr('0123456789abcdef', substr(md5({{ key }}), 2, 1)) - 1
    ) % 5 as integer)
{%- endmacro %}
