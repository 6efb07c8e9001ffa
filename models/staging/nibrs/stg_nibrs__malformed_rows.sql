-- The loader refuses a state-year with a row of the wrong width: there are none.
select
    cast(null as string) as delivery,
    cast(null as string) as extract,
    cast(null as bigint) as line_no,
    cast(null as string) as crime_ref,
    cast(null as string) as reason
where false
