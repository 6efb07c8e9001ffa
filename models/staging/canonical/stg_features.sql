-- One source fills a warehouse (var `source`); everything after this reads one code.
-- depends_on: {{ ref('stg_cris__features') }}
-- depends_on: {{ ref('stg_nibrs__features') }}
select * from {{ ref('stg_' ~ crime_report_source() ~ '__features') }}
