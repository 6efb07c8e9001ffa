-- The rules of an area are rows of seeds/national/thematic_area_rules.csv.
with

offences as (

    select
        *,
        {{ record_key(
            "concat(crime_ref, '|', cast(offence_no as string))"
        ) }} as record_key,
        case when is_domestic_abuse then 'y' else 'n' end as domestic_abuse,
        {{ financial_year('recorded_on') }} as financial_year
    from {{ ref('int_national__thematic_offences_checked') }}
    where is_current and rejection_reason is null

),

rules as (

    select
        thematic_area,
        field,
        comparison,
        {{ match_key('value') }} as value
    from {{ ref('thematic_area_rules') }}

),

final as (

    select distinct
        offences.force,
        offences.financial_year,
        offences.crime_ref,
        offences.offence_no,
        offences.record_key,
        rules.thematic_area,
        coalesce(offences.outcome_code = '16', false) as is_outcome_16
    from offences
    inner join rules
        on
            case
                when rules.field = 'crime_type'
                    then {{ match_key('offences.crime_type') }} = rules.value
                when rules.field = 'is_domestic_abuse'
                    then offences.domestic_abuse = rules.value
                when rules.comparison = 'contains'
                    then
                        instr({{ match_key('offences.offence') }}, rules.value) > 0
                else {{ match_key('offences.offence') }} = rules.value
            end

)

select * from final
