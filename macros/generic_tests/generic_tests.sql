{#- The columns together are a key: none is null and no combination is repeated. -#}
{% test is_key(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as failing
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {% for column in columns -%}
    or {{ column }} is null
    {% endfor %}
{% endtest %}

{#- Every rule (name: expression) holds for every row; a row for which it is null fails
    too. One scan for all of them; a row comes back for each rule that is broken. -#}
{% test rules_hold(model, rules) %}
{{ config(fail_calc='coalesce(sum(failing), 0)') }}
with

counted as (

    select
        {% for name, expression in rules.items() -%}
        count(case when not coalesce(({{ expression }}), false) then 1 end)
            as {{ name }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ model }}

)

{% for name in rules -%}
select
    '{{ name }}' as rule,
    {{ name }} as failing
from counted
where {{ name }} > 0
{{ "union all" if not loop.last }}
{% endfor %}
{% endtest %}

{#- Shares of each crime area add to one. -#}
{% test shares_add_to_one(model) %}
select
    crime_area,
    sum(share) as total
from {{ model }}
group by crime_area
having abs(sum(share) - 1) > 1e-9
{% endtest %}

{#- Each removed crime report is counted once: the reports left after the last step are
    the combined dataset, and every step follows from the one before. -#}
{% test flow_ends_in_the_combined_dataset(model) %}
with

flow as (

    select
        *,
        lag(crime_reports_left) over (order by step_no) as left_before,
        max(step_no) over () as last_step_no
    from {{ model }}

),

combined as (

    select count(*) as cases
    from {{ ref('cases') }}

)

select flow.*
from flow
cross join combined
where
    flow.crime_reports_left
    != coalesce(flow.left_before, flow.crime_reports_left)
    - flow.crime_reports_removed
    or (
        flow.step_no = flow.last_step_no
        and flow.crime_reports_left != combined.cases
    )
{% endtest %}

{#- Row conservation: every delivered row is in the ledger once, and the ledger's rows
    of the combined dataset equal the mart. NIBRS delivers no flags: they are derived
    from other rows, so they have no delivered count to compare with. -#}
{% test every_delivered_row_has_one_disposition(model) %}
{%- set extracts = "'offences', 'victims', 'suspects'" ~ (
    ", 'flags', 'knife_crime_features'" if crime_report_source() == 'cris' else ''
) %}
with

ledger as (

    select
        delivery,
        extract,
        sum(delivered_rows) as delivered_rows
    from {{ model }}
    where extract in ({{ extracts }})
    group by delivery, extract

),

delivered as (

    select
        delivery,
        extract,
        delivered_rows
    from {{ ref('deliveries') }}
    where delivered_rows > 0 and extract in ({{ extracts }})

),

combined as (

    select sum(delivered_rows) as cases
    from {{ model }}
    where extract = 'victims' and disposition = 'in the combined dataset'

),

cases as (

    select count(*) as cases
    from {{ ref('cases') }}

)

select
    coalesce(ledger.extract, delivered.extract) as extract,
    ledger.delivered_rows as rows_in_ledger,
    delivered.delivered_rows as rows_delivered
from ledger
full outer join delivered
    on ledger.delivery = delivered.delivery and ledger.extract = delivered.extract
where coalesce(ledger.delivered_rows, 0) != coalesce(delivered.delivered_rows, 0)

union all

select
    'cases' as extract,
    combined.cases as rows_in_ledger,
    cases.cases as rows_delivered
from combined
cross join cases
where coalesce(combined.cases, 0) != cases.cases
{% endtest %}

{#- Every category of a driver variable has a column in the design: a new category in a
    lookup must not fall silently into the reference. -#}
{% test every_category_has_a_design_column(model) %}
{%- set columns = {} -%}
{%- for row in seed_rows('driver_categories') if row.category != 'Yes' -%}
{%- do columns.update({row.variable: row.case_column}) -%}
{%- endfor -%}
select found.*
from (
    {% for variable, column in columns.items() -%}
    select distinct
        '{{ variable }}' as variable,
        {{ column }} as category
    from {{ model }}
    {{ "union all" if not loop.last }}
    {% endfor %}
) as found
left join {{ ref('driver_categories') }} as listed
    on found.variable = listed.variable and found.category = listed.category
where found.category != 'No suspect recorded' and listed.category is null
{% endtest %}
