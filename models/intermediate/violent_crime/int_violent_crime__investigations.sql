with

crimes as (

    select * from {{ ref('int_violent_crime__crimes_checked') }}
    where is_current and rejection_reason is null

),

entries as (

    select * from {{ ref('int_violent_crime__investigation_logs_checked') }}
    where is_current and rejection_reason is null

),

investigations as (

    select
        crime_ref,
        cast(count(*) as integer) as logs,
        cast(count(distinct officer_ref) as integer) as investigation_officers,
        min(logged_on) as first_logged_on,
        max(logged_on) as last_logged_on
    from entries
    group by crime_ref

),

final as (

    select
        investigations.crime_ref,
        investigations.logs,
        investigations.investigation_officers,
        {{ days_between('crimes.occurred_on', 'investigations.first_logged_on') }}
            as days_to_first_log,
        {{ days_between('crimes.occurred_on', 'investigations.last_logged_on') }}
            as days_to_last_log
    from investigations
    inner join crimes
        on investigations.crime_ref = crimes.crime_ref

)

select * from final
