{#- A row is rejected when it cannot be read, when its report is not among those of its
    delivery, or when its key is repeated. -#}
{% macro check_rows(staged, key, delivered, not_there) -%}
with

staged as (

    select * from {{ staged }}
    where {{ is_taken() }}

),

reports as (

    select * from {{ delivered }}
    where {{ is_taken() }}

),

repeated_keys as (

    select
        delivery,
        crime_ref,
        {{ key }}
    from staged
    where crime_ref is not null and {{ key }} is not null
    group by delivery, crime_ref, {{ key }}
    having count(*) > 1

),

final as (

    select
        staged.*,
        coalesce(reports.is_current, false) as is_current,
        case
            when staged.row_problem is not null then staged.row_problem
            when reports.crime_ref is null
                then '{{ not_there }}'
            when repeated_keys.crime_ref is not null then 'key is repeated'
        end as rejection_reason
    from staged
    left join reports
        on
            staged.crime_ref = reports.crime_ref
            and staged.delivery = reports.delivery
    left join repeated_keys
        on
            staged.delivery = repeated_keys.delivery
            and staged.crime_ref = repeated_keys.crime_ref
            and staged.{{ key }} = repeated_keys.{{ key }}

)

select * from final
{%- endmacro %}
