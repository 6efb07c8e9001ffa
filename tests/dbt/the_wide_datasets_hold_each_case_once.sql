{{ config(meta={'dagster': {'ref': {'name': 'cases'}}}) }}
-- A case has one row in all_offences and all_victims, and at most one in all_suspects.
with

counted as (

    select
        (select count(*) from {{ ref('cases') }}) as cases,
        (select count(*) from {{ ref('all_offences') }} where is_combined) as offences,
        (select count(*) from {{ ref('all_victims') }} where is_combined) as victims,
        (select count(*) from {{ ref('all_suspects') }} where is_combined)
            as suspects,
        (select count(*) from {{ ref('cases') }} where is_suspect_recorded)
            as cases_with_suspect

)

select *
from counted
where cases != offences or cases != victims or cases_with_suspect != suspects
