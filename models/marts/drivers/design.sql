-- noqa: disable=LT02
-- One 0/1 column per row of the seed, so that anyone can refit a model: written out it
-- is as long as the seed.
-- depends_on: {{ ref('driver_categories') }}
with

cases as (

    select * from {{ ref('cases') }}
    where {{ is_taken() }}

),

final as (

    select
        crime_ref,
        record_key,
        bcu as site,
        borough,
        cast(date_trunc('month', recorded_on) as date) as recorded_month,
        {{ validation_fold('crime_ref') }} as validation_fold,
        cast(is_victim_withdrawal as integer) as is_victim_withdrawal,
        cast(outcome_group = 'Judicial' as integer) as is_judicial,
        cast(is_victim_withdrawal or outcome_group = 'Judicial' as integer)
            as is_withdrawal_or_judicial,
        cast(is_completed_within_4_weeks as integer) as is_completed_within_4_weeks,
        cast(is_completed_within_12_weeks as integer)
            as is_completed_within_12_weeks,
        cast(is_suspect_recorded as integer) as is_suspect_recorded,
        cast(is_suspect_known_to_victim as integer) as is_suspect_known_to_victim,
        cast(suspect_relationship = 'Current or ex-partner' as integer)
            as is_suspect_current_or_ex_partner,
        cast(is_domestic_abuse as integer) as is_domestic_abuse,
        cast(is_adult_sexual_offence as integer) as is_adult_sexual_offence,
        cast(is_adult_rape as integer) as is_adult_rape,
        cast(is_child_sexual_abuse as integer) as is_child_sexual_abuse,
        cast(is_stalking as integer) as is_stalking,
        cast(is_hate_crime as integer) as is_hate_crime,
        cast(is_serious_youth_violence as integer) as is_serious_youth_violence
        {%- for row in seed_rows('driver_categories') %},
        cast(
            {{ row.case_column }}
            {%- if row.category != 'Yes' %} = '{{ row.category }}'{% endif %}
            as integer
        ) as {{ row.design_column }}
        {%- endfor %}
    from cases

)

select * from final
