-- noqa: disable=LT02
-- What each 0/1 column of the design stands for.
with

listed (design_column, variable, category, variable_group, label) as (

    values
    {% for variable, column, categories in driver_categories() -%}
    {% for category in categories -%}
    (
        '{{ design_column(variable, category) }}', '{{ variable }}', '{{ category }}',
        '{{ variable_group(variable) }}', '{{ design_label(variable, category) }}'
    ),
    {% endfor -%}
    {% endfor -%}
    {% for variable, condition in driver_flags() -%}
    (
        '{{ design_column(variable, "Yes") }}', '{{ variable }}', 'Yes',
        '{{ variable_group(variable) }}', '{{ design_label(variable) }}'
    ){{ "," if not loop.last }}
    {% endfor %}

),

final as (

    select
        design_column,
        variable,
        category,
        variable_group,
        label
    from listed

)

select * from final
