{#- A bound of the Wilson score interval of a share (Wilson 1927); sign is '-' or '+'.
    The share itself is a bound at 0 and 1, which rounding alone would miss, and would
    pass by a hair; `0 * share` keeps an unknown share's bound unknown. Literals are
    floating (e0): Spark would divide decimals, and round. -#}
{% macro wilson_bound(share, count, z, sign) -%}
    {%- set inner, outer, end = (
        ('least', 'greatest', '0e0') if sign == '-' else ('greatest', 'least', '1e0')
    ) -%}
    {{ outer }}({{ end }} + 0e0 * {{ share }}, {{ inner }}({{ share }}, (
        {{ share }} + {{ z * z }}e0 / (2e0 * {{ count }})
        {{ sign }} {{ z }}e0 * sqrt(
            {{ share }} * (1 - {{ share }}) / {{ count }}
            + {{ z * z }}e0 / (4e0 * {{ count }} * {{ count }})
        )
    ) / (1 + {{ z * z }}e0 / {{ count }})))
{%- endmacro %}

{#- z of the difference between two shares (two-proportion test). It takes five expected
    events and non-events on either side: below that the normal approximation does not
    hold. -#}
{% macro two_proportion_z(part, whole, other_part, other_whole) -%}
    {%- set together = '(cast(' ~ part ~ ' + ' ~ other_part ~ ' as double) / ('
        ~ whole ~ ' + ' ~ other_whole ~ '))' -%}
    case
        when
            {{ other_whole }} > 0
            and least({{ whole }}, {{ other_whole }})
            * least({{ together }}, 1 - {{ together }}) >= 5
            then
                (
                    cast({{ part }} as double) / {{ whole }}
                    - cast({{ other_part }} as double) / {{ other_whole }}
                ) / sqrt(
                    {{ together }} * (1 - {{ together }})
                    * (1e0 / {{ whole }} + 1e0 / {{ other_whole }})
                )
    end
{%- endmacro %}

{#- Standard error of the logarithm of a ratio of two shares (Katz and others 1978). -#}
{% macro log_ratio_error(part, whole, other_part, other_whole) -%}
    sqrt(
        1e0 / {{ part }} - 1e0 / {{ whole }}
        + 1e0 / {{ other_part }} - 1e0 / {{ other_whole }}
    )
{%- endmacro %}
