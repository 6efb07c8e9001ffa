-- One source fills a warehouse (var `source`); everything after this reads one code.
-- depends_on: {{ ref('stg_cris__offences') }}
-- depends_on: {{ ref('stg_nibrs__offences') }}
select * from {{ ref('stg_' ~ crime_report_source() ~ '__offences') }}
