-- One source fills a warehouse; everything after this reads one code.
select * from {{ ref('stg_' ~ crime_report_source() ~ '__offences') }}
