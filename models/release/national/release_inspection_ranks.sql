{{ config(alias='inspection_ranks') }}
{%- set line = [
    'force', 'population', 'measure', 'period_from', 'period_to', 'line'
] %}
-- noqa: disable=LT02
with

ranks as (

    select * from {{ source('oversight', 'inspection_ranks') }}

),

outcomes as (

    select * from {{ ref('release_inspection_outcomes') }}
    where position is not null

),

final as (

    select
        {% for column in line -%}
        outcomes.{{ column }},
        {% endfor -%}
        outcomes.forces_compared,
        ranks.median_rank,
        ranks.rank_low,
        ranks.rank_high,
        round(ranks.probability_highest, 3) as probability_highest,
        round(ranks.probability_lowest, 3) as probability_lowest,
        outcomes.position,
        round(case outcomes.position
            when 'one of the highest' then ranks.probability_highest
            when 'one of the lowest' then ranks.probability_lowest
            else 1 - ranks.probability_highest - ranks.probability_lowest
        end, 3) as probability_of_position
    from ranks
    inner join outcomes
        on
            {% for column in line -%}
            {{ "and " if not loop.first }}ranks.{{ column }} = outcomes.{{ column }}
            {% endfor %}

)

select * from final
