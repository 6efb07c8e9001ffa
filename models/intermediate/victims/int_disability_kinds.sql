-- Kinds in each distinct `;`-separated text of disabilities or vulnerabilities.
with

victims as (

    select * from {{ ref('int_victims_checked') }}

),

suspects as (

    select * from {{ ref('int_suspects_checked') }}

),

disabilities as (

    select * from {{ ref('disabilities') }}

),

texts as (

    select
        'disability' as field,
        disability as raw_text
    from victims

    union

    select
        'vulnerability' as field,
        vulnerability as raw_text
    from victims

    union

    select
        'disability' as field,
        disability as raw_text
    from suspects

),

delimited as (

    select
        field,
        raw_text,
        concat(
            ';', {{ strip_around_semicolons(match_key('raw_text')) }}, ';'
        ) as delimited_text
    from texts
    where raw_text is not null

),

final as (

    select
        delimited.field,
        delimited.raw_text,
        coalesce(max(disabilities.kind = 'physical'), false) as is_physical,
        coalesce(max(disabilities.kind = 'mental health'), false)
            as is_mental_health,
        coalesce(max(disabilities.kind = 'other'), false) as is_other,
        coalesce(max(disabilities.kind = 'intimidated'), false) as is_intimidated,
        count(disabilities.raw_value) < max(
            length(delimited.delimited_text)
            - length(replace(delimited.delimited_text, ';', '')) - 1
        ) as has_unmatched_value
    from delimited
    left join disabilities
        on
            delimited.field = disabilities.field
            and instr(
                delimited.delimited_text,
                concat(';', {{ match_key('disabilities.raw_value') }}, ';')
            ) > 0
    group by delimited.field, delimited.raw_text

)

select * from final
