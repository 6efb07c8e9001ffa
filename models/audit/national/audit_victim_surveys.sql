with

surveys as (

    select * from {{ ref('int_national__victim_surveys_checked') }}
    where is_current and rejection_reason is null and responded_on is not null

),

final as (

    select
        delivery,
        survey_ref,
        coalesce(gender, cast(age as string), ethnicity) is null
            as survey_demographics_missing,
        outcome is null
        and is_satisfied is null
        and not coalesce(has_free_text, false) as survey_says_nothing
    from surveys

)

select * from final
