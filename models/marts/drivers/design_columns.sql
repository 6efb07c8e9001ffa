-- Meaning of each 0/1 column of the design.
with

final as (

    select
        design_column,
        variable,
        category,
        variable_group,
        label
    from {{ ref('driver_categories') }}

)

select * from final
