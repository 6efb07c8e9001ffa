{%- set banded = [
    ('delay_to_report', 'delay_bands', 'delay_to_report', 'min_days'),
    ('duration_band', 'duration_bands', 'duration_band', 'min_days'),
    ('victim_age', 'age_bands', 'age_group', 'min_age'),
    ('victim_age_group', 'age_bands', 'age_group', 'min_age'),
    ('victim_age_detail', 'age_bands', 'age_detail', 'min_age'),
    ('suspect_age', 'age_bands', 'age_group', 'min_age'),
    ('suspect_age_group', 'age_bands', 'age_group', 'min_age'),
    ('suspect_age_detail', 'age_bands', 'age_detail', 'min_age'),
] -%}
-- The order of categories that have one. Unknown comes last.
with

bands as (

    {% for variable, seed, category, lowest in banded -%}
    select
        '{{ variable }}' as variable,
        {{ category }} as category,
        min({{ lowest }}) as lowest
    from {{ ref(seed) }}
    where {{ category }} != 'Unknown'
    group by {{ category }}

    union all

    {% endfor -%}
    {% for variable in ['suspect_recorded', 'suspect_known'] -%}
    {% for category in ['No', 'Yes'] -%}
    select
        '{{ variable }}' as variable,
        '{{ category }}' as category,
        {{ loop.index }} as lowest
    {{ "union all" if not loop.last }}
    {% endfor -%}
    {{ "union all" if not loop.last }}
    {% endfor %}
),

not_known as (

    select distinct
        variable,
        'Unknown' as category,
        1000001 as lowest
    from bands
    where variable not in ('suspect_recorded', 'suspect_known')

    union all

    select distinct
        variable,
        'No suspect recorded' as category,
        1000002 as lowest
    from bands
    where variable like 'suspect%' and variable != 'suspect_recorded'

),

every_category as (

    select * from bands

    union all

    select * from not_known

),

final as (

    select
        variable,
        category,
        cast(
            row_number() over (partition by variable order by lowest) as integer
        ) as category_no
    from every_category

)

select * from final
