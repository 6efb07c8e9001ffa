-- The columns of an offence are listed once for four marts (macros/mart_columns.sql).
with

offences as (

    select * from {{ ref('int_offences_classified') }}
    where {{ is_taken() }}

),

final as (

    select
        source_system,
        crime_ref,
        offence_no,
        delivery,
        offence_role,
        {% for column in offence_columns() -%}
        {{ column }},
        {% endfor -%}
        is_combined
    from offences

)

select * from final
