{#- A bound of the Wilson score interval of a share (Wilson 1927); sign is '-' or '+'.
    The share itself is a bound at 0 and 1, which rounding alone would miss. Literals are
    floating (e0): Spark would divide decimals, and round. -#}
{% macro wilson_bound(share, count, z, sign) -%}
    {{ 'least' if sign == '-' else 'greatest' }}({{ share }}, (
        {{ share }} + {{ z * z }}e0 / (2e0 * {{ count }})
        {{ sign }} {{ z }}e0 * sqrt(
            {{ share }} * (1 - {{ share }}) / {{ count }}
            + {{ z * z }}e0 / (4e0 * {{ count }} * {{ count }})
        )
    ) / (1 + {{ z * z }}e0 / {{ count }}))
{%- endmacro %}
