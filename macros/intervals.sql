{#- A bound of the Wilson score interval of a share (Wilson 1927); sign is '-' or '+'.
    Kept inside 0-1, where rounding alone can leave it. -#}
{% macro wilson_bound(share, count, z, sign) -%}
    {{ 'greatest(0.0' if sign == '-' else 'least(1.0' }}, (
        {{ share }} + {{ z * z }} / (2.0 * {{ count }})
        {{ sign }} {{ z }} * sqrt(
            {{ share }} * (1 - {{ share }}) / {{ count }}
            + {{ z * z }} / (4.0 * {{ count }} * {{ count }})
        )
    ) / (1 + {{ z * z }} / {{ count }}))
{%- endmacro %}
