-- One source fills a warehouse (var `source`); everything after this reads one code.
-- depends_on: {{ ref('stg_cris__flags') }}
-- depends_on: {{ ref('stg_nibrs__flags') }}
select * from {{ ref('stg_' ~ crime_report_source() ~ '__flags') }}
