{#- Every rule is about one crime report, so a table of crime reports need not be built
    at once: where the input is large, DuckDB runs its model once per slice of the crime
    references, and memory holds one slice. What lies before the marts stays in a table
    per slice under a view of them all, so that the next model reads one slice alone. -#}
{% materialization sliced_table, adapter='duckdb' -%}
    {%- set slices = slice_count() -%}
    {%- if slices == 1 -%}
        {{ return(dbt.materialization_table_duckdb()) }}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {%- set parts = parts_of_slices() -%}
    {% call statement('main') -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {% for slice_no in range(slices) -%}
        create or replace table {{ part_of_slice(this, slices, slice_no) }}
        {{ get_table_columns_and_constraints() }};
        insert into {{ part_of_slice(this, slices, slice_no) }} {{ get_column_names() }} (
            {{ get_select_subquery(one_slice(compiled_code, slices, slice_no, parts)) }}
        );
        {% endfor -%}
        create view {{ target_relation }} as
        {% for slice_no in range(slices) -%}
        select * from {{ part_of_slice(this, slices, slice_no) }}
        {{ "union all" if not loop.last }}
        {% endfor -%}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{#- A view of rows with a crime reference has a view per slice beside it. Those cut the raw
    tables: DuckDB would read every column of every row before it looked at the slice. -#}
{% macro duckdb__create_view_as(relation, sql) -%}
    {{ dbt.duckdb__create_view_as(relation, sql) }}
    {%- set slices = slice_count() if 'crime_ref' in model.columns else 1 -%}
    {%- if slices > 1 -%}
    {%- set parts = parts_of_slices() -%}
    {% for slice_no in range(slices) -%}
    create or replace view {{ part_of_slice(this, slices, slice_no) }} as (
        {{ one_slice(sql, slices, slice_no, parts) }}
    );
    {% endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- A mart with `meta: {by_crime_report: true}` is one table, filled slice by slice. -#}
{% macro duckdb__create_table_as(
    temporary, relation, compiled_code, language='sql',
    partitioned_by=none, sorted_by=none
) -%}
    {%- set slices = slice_count() if config.get('meta', {}).get('by_crime_report')
        else 1 -%}
    {%- if slices == 1 -%}
    {{ dbt.duckdb__create_table_as(
        temporary, relation, compiled_code, language, partitioned_by, sorted_by
    ) }}
    {%- else -%}
    {%- set parts = parts_of_slices() -%}
    {{ get_assert_columns_equivalent(compiled_code) }}
    create table {{ relation }}
    {{ get_table_columns_and_constraints() }};
    {% for slice_no in range(slices) -%}
    insert into {{ relation }} {{ get_column_names() }} (
        {{ get_select_subquery(one_slice(compiled_code, slices, slice_no, parts)) }}
    );
    {% endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- The model's SQL, every table of it that names crime reports cut to one slice. -#}
{% macro one_slice(compiled_code, slices, slice_no, parts) -%}
    {%- set sliced = namespace(code=compiled_code) -%}
    {%- for key in model.depends_on.nodes -%}
        {%- set parent = graph.nodes.get(key) or graph.sources.get(key) -%}
        {%- if 'crime_ref' in parent.columns
            or (parent.resource_type == 'source' and parent.name in parts.raw) -%}
            {%- set part = part_of_slice(
                api.Relation.create(parent.database, parent.schema, parent.name),
                slices, slice_no
            ) -%}
            {%- if part.identifier in parts.made -%}
                {%- set cut = part | string -%}
            {%- else -%}
                {%- set cut = '(select * from ' ~ parent.relation_name
                    ~ ' where hash(trim(crime_ref)) % ' ~ slices ~ ' = ' ~ slice_no
                    ~ ')' -%}
            {%- endif -%}
            {%- set sliced.code = sliced.code | replace(parent.relation_name, cut) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(sliced.code) }}
{%- endmacro %}

{% macro part_of_slice(relation, slices, slice_no) -%}
    {{ return(api.Relation.create(
        relation.database, relation.schema,
        relation.identifier ~ '__slice_' ~ slice_no ~ '_of_' ~ slices
    )) }}
{%- endmacro %}

{#- Raw tables with a crime reference, and what has been made of one slice. -#}
{% macro parts_of_slices() -%}
    {%- set raw = run_query(
        "select table_name from duckdb_columns() "
        "where schema_name like 'raw%' and column_name = 'crime_ref'"
    ) -%}
    {%- set made = run_query(
        "select table_name from duckdb_tables() where contains(table_name, '__slice_') "
        "union all "
        "select view_name from duckdb_views() where contains(view_name, '__slice_')"
    ) -%}
    {{ return({
        'raw': raw.columns[0].values(), 'made': made.columns[0].values()
    }) }}
{%- endmacro %}

{#- As few slices as keep the rows of the largest raw table within the memory limit. -#}
{% macro slice_count() -%}
    {%- set counted = run_query(
        "select greatest(1, cast(ceil(coalesce(max(estimated_size), 0) * "
        ~ var('slice_bytes_per_row')
        ~ " / parse_formatted_bytes(current_setting('memory_limit'))) as integer)) "
        ~ "from duckdb_tables() where schema_name like 'raw%'"
    ) -%}
    {{ return(counted.columns[0].values()[0]) }}
{%- endmacro %}
