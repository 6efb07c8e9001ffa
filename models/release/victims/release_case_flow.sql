{{ config(alias='case_flow') }}
with

released as (

    select
        step_no,
        step,
        {{ released('crime_reports_removed', 'crime_reports_removed_key') }}
            as crime_reports_removed,
        {{ released('crime_reports_left', 'crime_reports_left_key') }}
            as crime_reports_left
    from {{ ref('case_flow') }}

),

final as (

    select
        *,
        {{ fewer_than_10(['crime_reports_removed', 'crime_reports_left']) }}
            as fewer_than_10
    from released

)

select * from final
