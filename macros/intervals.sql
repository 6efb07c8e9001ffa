{#- A bound of the Wilson score interval of a share (Wilson 1927); sign is '-' or '+'.
    The share itself is a bound at 0 and 1, which rounding alone would miss. -#}
{% macro wilson_bound(share, count, z, sign) -%}
    {{ 'least' if sign == '-' else 'greatest' }}({{ share }}, (
        {{ share }} + {{ z * z }} / (2.0 * {{ count }})
        {{ sign }} {{ z }} * sqrt(
            {{ share }} * (1 - {{ share }}) / {{ count }}
            + {{ z * z }} / (4.0 * {{ count }} * {{ count }})
        )
    ) / (1 + {{ z * z }} / {{ count }}))
{%- endmacro %}
