-- One row per victim and offender with a relationship, read through the lookup.
with

relationships as (

    select * from {{ source('raw_nibrs', 'victim_offender_rel') }}

),

codes as (

    select * from {{ source('raw_nibrs', 'relationship') }}

),

lookup as (

    select * from {{ ref('nibrs_relationships') }}

),

final as (

    select
        relationships.delivery,
        relationships.line_no,
        relationships.victim_id,
        relationships.offender_id,
        {{ nibrs_lookup(
            'lookup', 'relationship_code', 'raw_how_known',
            'codes.relationship_name'
        ) }} as how_known,
        lookup.raw_flag,
        lookup.flag_minimum_age
    from relationships
    left join codes
        on
            relationships.delivery = codes.delivery
            and relationships.relationship_id = codes.relationship_id
    left join lookup
        on codes.relationship_code = lookup.relationship_code

)

select * from final
