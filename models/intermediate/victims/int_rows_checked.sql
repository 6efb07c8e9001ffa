-- The delivered rows of the five extracts, in one list.
with

final as (

    select
        'offences' as extract,
        delivery,
        line_no,
        crime_ref,
        is_current,
        rejection_reason,
        cast(null as string) as set_aside_reason
    from {{ ref('int_offences_checked') }}

    union all

    select
        'victims' as extract,
        delivery,
        line_no,
        crime_ref,
        is_current,
        rejection_reason,
        set_aside_reason
    from {{ ref('int_victims_checked') }}

    union all

    select
        'suspects' as extract,
        delivery,
        line_no,
        crime_ref,
        is_current,
        rejection_reason,
        set_aside_reason
    from {{ ref('int_suspects_checked') }}

    union all

    select
        'flags' as extract,
        delivery,
        line_no,
        crime_ref,
        is_current,
        rejection_reason,
        cast(null as string) as set_aside_reason
    from {{ ref('int_flags_checked') }}

    union all

    select
        'knife_crime_features' as extract,
        delivery,
        line_no,
        crime_ref,
        is_current,
        rejection_reason,
        cast(null as string) as set_aside_reason
    from {{ ref('int_features_checked') }}

)

select * from final
