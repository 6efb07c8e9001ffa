-- What each 0/1 column of the design stands for.
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
