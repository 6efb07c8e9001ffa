-- A delivery is a full snapshot of the crime reports it names: the latest one counts.
with

named_crime_reports as (

    {{ named_crime_reports() }}

),

final as (

    select
        crime_ref,
        max(delivery) as delivery
    from named_crime_reports
    group by crime_ref

)

select * from final
