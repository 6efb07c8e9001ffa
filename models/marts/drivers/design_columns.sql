-- What each 0/1 column of the design stands for.
{% for variable, column, categories in driver_categories() -%}
{% for category in categories -%}
select
    '{{ design_column(variable, category) }}' as design_column,
    '{{ variable }}' as variable,
    '{{ category }}' as category
union all
{% endfor -%}
{% endfor -%}
{% for variable, condition in driver_flags() -%}
select
    '{{ design_column(variable, "Yes") }}' as design_column,
    '{{ variable }}' as variable,
    'Yes' as category
{{ "union all" if not loop.last }}
{% endfor %}
