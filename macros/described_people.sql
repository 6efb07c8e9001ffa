{#- Rows of people, their gender, age and ethnicity as the lookups group them. -#}
{% macro described_people(people) -%}
    select
        people.*,
        coalesce(
            sexes.sex,
            case
                when genders.is_transgender_or_non_binary
                    then 'Transgender or non-binary'
            end,
            'Unknown'
        ) as gender_group,
        coalesce(age_bands.age_group, 'Unknown') as age_group,
        coalesce(ethnicities.ethnicity, 'Unknown') as ethnic_group
    from {{ people }} as people
    left join {{ ref('sexes') }} as sexes
        on people.gender = {{ match_key('sexes.raw_sex') }}
    left join {{ ref('genders') }} as genders
        on people.gender = {{ match_key('genders.raw_gender') }}
    left join {{ ref('age_bands') }} as age_bands
        on people.age between age_bands.min_age and age_bands.max_age
    left join {{ ref('self_defined_ethnicities') }} as ethnicities
        on
            {{ ethnicity_code('people.ethnicity') }}
            = lower(ethnicities.ethnicity_code)
{%- endmacro %}
