-- Flags follow from three things in NIBRS: the relationship, the bias and the offence.
-- A relationship makes no domestic flag where either is known to be under its age.
with

relationships as (

    select * from {{ ref('base_nibrs__relationships') }}
    where raw_flag is not null

),

victims as (

    select * from {{ ref('base_nibrs__victims') }}

),

offenders as (

    select * from {{ ref('base_nibrs__offenders') }}

),

bias_motivations as (

    select * from {{ source('raw_nibrs', 'bias_motivation') }}

),

bias_codes as (

    select * from {{ source('raw_nibrs', 'bias_list') }}

),

biases as (

    select * from {{ ref('nibrs_biases') }}

),

offences as (

    select * from {{ ref('base_nibrs__offences') }}

),

by_relationship as (

    select
        relationships.delivery,
        relationships.line_no,
        victims.incident_id,
        relationships.raw_flag as flag
    from relationships
    left join victims
        on
            relationships.delivery = victims.delivery
            and relationships.victim_id = victims.victim_id
    left join offenders
        on
            relationships.delivery = offenders.delivery
            and relationships.offender_id = offenders.offender_id
    where
        coalesce(victims.age_at_report >= relationships.flag_minimum_age, true)
        and coalesce(offenders.age_at_report >= relationships.flag_minimum_age, true)

),

by_bias as (

    select
        bias_motivations.delivery,
        bias_motivations.line_no,
        offences.incident_id,
        {{ nibrs_lookup('biases', 'bias_code', 'raw_flag', 'bias_codes.bias_name') }}
            as flag
    from bias_motivations
    left join offences
        on
            bias_motivations.delivery = offences.delivery
            and bias_motivations.offense_id = offences.offense_id
    left join bias_codes
        on
            bias_motivations.delivery = bias_codes.delivery
            and bias_motivations.bias_id = bias_codes.bias_id
    left join biases
        on bias_codes.bias_code = biases.bias_code

),

by_offence as (

    select
        delivery,
        line_no,
        incident_id,
        raw_flag as flag
    from offences

),

flagged as (

    select * from by_relationship

    union all

    select * from by_bias

    union all

    select * from by_offence

),

final as (

    select
        'nibrs' as source_system,
        delivery,
        line_no,
        incident_id as crime_ref,
        flag,
        {{ first_problem([('incident_id is null', 'missing crime_ref')]) }}
            as row_problem
    from flagged
    where flag is not null

)

select * from final
