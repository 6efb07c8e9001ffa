-- One source fills a warehouse (var `source`); everything after this reads one code.
-- depends_on: {{ ref('stg_cris__suspects') }}
-- depends_on: {{ ref('stg_nibrs__suspects') }}
select * from {{ ref('stg_' ~ crime_report_source() ~ '__suspects') }}
