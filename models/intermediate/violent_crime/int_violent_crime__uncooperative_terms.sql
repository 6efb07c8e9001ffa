-- Why a crime was filed is free text: only which terms it holds leaves staging.
with

crimes as (

    select
        staged.crime_ref,
        upper({{ collapse_spaces('staged.filing_reason') }}) as filing_reason
    from {{ ref('stg_violent_crime__crimes') }} as staged
    inner join {{ ref('int_violent_crime__crimes_delivered') }} as delivered
        on
            staged.crime_ref = delivered.crime_ref
            and staged.delivery = delivered.delivery
            and delivered.is_current
    where staged.filing_reason is not null

),

terms as (

    select * from {{ ref('violent_crime_uncooperative_terms') }}

),

final as (

    select distinct
        crimes.crime_ref,
        terms.term
    from crimes
    inner join terms
        on {{ finds_pattern('crimes.filing_reason', 'terms.searched_pattern') }}

)

select * from final
