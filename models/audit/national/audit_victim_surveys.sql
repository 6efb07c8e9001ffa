with

surveys as (

    select * from {{ ref('int_national__victim_surveys_checked') }}
    where is_current and rejection_reason is null and responded_on is not null

),

final as (

    select
        delivery,
        survey_ref,
        coalesce(gender, cast(age as string), ethnicity) is not null
            as has_demographics,
        outcome is not null
        or is_satisfied is not null
        or coalesce(has_free_text, false) as has_content
    from surveys

)

select * from final
