{#- Every rule is about one crime report, so a table of crime reports need not be built
    at once: where the input is large, DuckDB runs its model once per slice of the crime
    references, and memory holds one slice. What lies before the marts stays in a table
    per slice under a view of them all, so that the next model reads one slice alone.

    The crime reports that new or changed deliveries name (raw.rebuilt_crime_reports,
    linkage/extracts/changes.py) are one more slice: in a rebuild it alone is built, and takes the
    place of its rows in the tables of the last run. -#}
{% materialization sliced_table, adapter='duckdb' -%}
    {%- if is_rebuilt_in_place() -%}
        {{ return(rebuild_in_place()) }}
    {%- endif -%}
    {%- set slices = slices_of_all() -%}
    {%- if slices | length == 1 -%}
        {{ return(dbt.materialization_table_duckdb()) }}
    {%- endif -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {{ drop_relation_if_exists(load_cached_relation(this)) }}
    {% call statement('main') -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {% for slice in slices -%}
        {{ create_part(slice) }}
        {% endfor -%}
        create view {{ target_relation }} as
        {% for slice in slices -%}
        select * from {{ part_of_slice(this, slice) }}
        {{ "union all" if not loop.last }}
        {% endfor -%}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{%- endmaterialization %}

{#- A mart of crime reports: one table, filled slice by slice. -#}
{% materialization crime_report_table, adapter='duckdb' -%}
    {%- if is_rebuilt_in_place() -%}
        {{ return(rebuild_in_place()) }}
    {%- endif -%}
    {{ return(dbt.materialization_table_duckdb()) }}
{%- endmaterialization %}

{#- The rows of the crime reports to rebuild are made anew and take their place. -#}
{% macro rebuild_in_place() -%}
    {%- set slice = rebuilt_slice() -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        {{ create_part(slice) }}
        delete from {{ this }} where {{ slice.where }};
        insert into {{ this }} {{ get_column_names() }}
        select * from {{ part_of_slice(this, slice) }};
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [this]}) }}
{%- endmacro %}

{#- Counts of each delivery's own rows: in a rebuild, of those that came or went. -#}
{% materialization delivery_table, adapter='duckdb' -%}
    {%- if not (is_rebuild() and load_cached_relation(this) is not none) -%}
        {{ return(dbt.materialization_table_duckdb()) }}
    {%- endif -%}
    {%- set where = 'delivery in (select delivery from intake.raw.rebuilt_deliveries)' -%}
    {%- set cut = namespace(code=compiled_code) -%}
    {%- for key in model.depends_on.nodes -%}
        {%- set parent = graph.nodes.get(key) or graph.sources.get(key) -%}
        {%- if 'delivery' in parent.columns or parent.resource_type == 'source' -%}
            {%- set cut.code = cut.code | replace(
                parent.relation_name,
                '(select * from ' ~ parent.relation_name ~ ' where ' ~ where ~ ')'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        delete from {{ this }} where {{ where }};
        insert into {{ this }} {{ get_column_names() }} (
            {{ get_select_subquery(cut.code) }}
        );
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [this]}) }}
{%- endmaterialization %}

{% macro create_part(slice) -%}
    create or replace table {{ part_of_slice(this, slice) }}
    {{ get_table_columns_and_constraints() }};
    insert into {{ part_of_slice(this, slice) }} {{ get_column_names() }} (
        {{ get_select_subquery(one_slice(compiled_code, slice)) }}
    );
{%- endmacro %}

{#- A view of rows with a crime reference has a view per slice beside it. Those cut the raw
    tables: DuckDB would read every column of every row before it looked at the slice. -#}
{% macro duckdb__create_view_as(relation, sql) -%}
    {{ dbt.duckdb__create_view_as(relation, sql) }}
    {%- if names_crime_reports(model) -%}
    {%- set slices = [rebuilt_slice()] if is_rebuild() else slices_of_all() -%}
    {%- if is_rebuild() or slices | length > 1 -%}
    {% for slice in slices -%}
    create or replace view {{ part_of_slice(this, slice) }} as (
        {{ one_slice(sql, slice) }}
    );
    {% endfor -%}
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- A mart of crime reports is filled slice by slice. -#}
{% macro duckdb__create_table_as(
    temporary, relation, compiled_code, language='sql',
    partitioned_by=none, sorted_by=none
) -%}
    {%- set slices = slices_of_all()
        if config.get('materialized') == 'crime_report_table' else [] -%}
    {%- if slices | length <= 1 -%}
    {{ dbt.duckdb__create_table_as(
        temporary, relation, compiled_code, language, partitioned_by, sorted_by
    ) }}
    {%- else -%}
    {{ get_assert_columns_equivalent(compiled_code) }}
    create table {{ relation }}
    {{ get_table_columns_and_constraints() }};
    {% for slice in slices -%}
    insert into {{ relation }} {{ get_column_names() }} (
        {{ get_select_subquery(one_slice(compiled_code, slice)) }}
    );
    {% endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- A test on rows of crime reports looks at those that were rebuilt: the others passed
    when they were. -#}
{% macro duckdb__get_where_subquery(relation) -%}
    {%- if execute and is_rebuild() -%}
        {%- for key in model.depends_on.nodes -%}
            {%- set node = graph.nodes.get(key) or graph.sources.get(key) -%}
            {%- if node.relation_name == relation | string and is_rebuilt(node) -%}
                {{ return(dbt.default__get_where_subquery(
                    part_of_slice(relation, rebuilt_slice())
                )) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(dbt.default__get_where_subquery(relation)) }}
{%- endmacro %}

{#- Crime reports that were rebuilt are looked for among those that were. -#}
{% macro duckdb__test_relationships(model, column_name, to, field) -%}
    {%- set among = namespace(rows=to) -%}
    {%- if execute and is_rebuild() and field == 'crime_ref' -%}
        {%- for node in graph.nodes.values()
            if node.relation_name == to | string and is_rebuilt(node) -%}
            {%- set among.rows = part_of_slice(to, rebuilt_slice()) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(dbt.default__test_relationships(
        model, column_name, among.rows, field
    )) }}
{%- endmacro %}

{#- The model's SQL, every table of it that names crime reports cut to one slice. -#}
{% macro one_slice(compiled_code, slice) -%}
    {%- set sliced = namespace(code=compiled_code) -%}
    {%- for key in model.depends_on.nodes -%}
        {%- set parent = graph.nodes.get(key) or graph.sources.get(key) -%}
        {%- if names_crime_reports(parent) -%}
            {%- set has_part = is_rebuilt(parent) if slice.name == 'rebuilt'
                else is_made_in_parts(parent) -%}
            {%- if has_part -%}
                {%- set cut = part_of_slice(
                    api.Relation.create(parent.database, parent.schema, parent.name),
                    slice
                ) | string -%}
            {%- else -%}
                {%- set cut = '(select * from ' ~ parent.relation_name
                    ~ ' where ' ~ slice.where ~ ')' -%}
            {%- endif -%}
            {%- set sliced.code = sliced.code | replace(parent.relation_name, cut) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(sliced.code) }}
{%- endmacro %}

{#- The crimes of the violent-crime study are always built at once: a victim's history and
    a gang score are of many crimes. -#}
{% macro names_crime_reports(node) -%}
    {{ return(
        'violent_crime' not in node.name
        and (
            'crime_ref' in node.columns
            or (node.resource_type == 'source' and node.source_name == 'raw_cris')
        )
    ) }}
{%- endmacro %}

{#- Where all is built in slices: before the marts, a part for each. -#}
{% macro is_made_in_parts(node) -%}
    {{ return(
        node.resource_type == 'model'
        and node.config.materialized in ('sliced_table', 'view')
    ) }}
{%- endmacro %}

{#- In a rebuild: what has a part of the crime reports that are rebuilt. Raw tables have
    theirs from the loader. -#}
{% macro is_rebuilt(node) -%}
    {{ return(names_crime_reports(node) and (
        node.resource_type == 'source'
        or node.config.materialized in ('sliced_table', 'view', 'crime_report_table')
    )) }}
{%- endmacro %}

{% macro part_of_slice(relation, slice) -%}
    {{ return(api.Relation.create(
        relation.database, relation.schema,
        relation.identifier ~ '__slice_' ~ slice.name
    )) }}
{%- endmacro %}

{#- Every crime report, in as few slices as keep the rows of the largest raw table within
    the memory limit. -#}
{% macro slices_of_all() -%}
    {%- set counted = run_query(
        "select greatest(1, cast(ceil(coalesce(max(estimated_size), 0) * "
        ~ var('slice_bytes_per_row')
        ~ " / parse_formatted_bytes(current_setting('memory_limit'))) as integer)) "
        ~ "from duckdb_tables() where schema_name like 'raw%'"
    ) -%}
    {%- set slices = [] -%}
    {%- set number = counted.columns[0].values()[0] | int -%}
    {%- for slice_no in range(number) -%}
        {%- do slices.append({
            'name': slice_no ~ '_of_' ~ number,
            'where': 'hash(trim(crime_ref)) % ' ~ number ~ ' = ' ~ slice_no,
        }) -%}
    {%- endfor -%}
    {{ return(slices) }}
{%- endmacro %}

{% macro rebuilt_slice() -%}
    {{ return({
        'name': 'rebuilt',
        'where': "coalesce(crime_ref, '') in "
            ~ "(select crime_ref from intake.raw.rebuilt_crime_reports)",
    }) }}
{%- endmacro %}

{#- Is only a part of the crime reports to be built? -#}
{% macro is_rebuild() -%}
    {{ return(env_var('LINKAGE_REBUILD', 'no') == 'yes') }}
{%- endmacro %}

{% macro is_rebuilt_in_place() -%}
    {{ return(
        is_rebuild() and is_rebuilt(model) and load_cached_relation(this) is not none
    ) }}
{%- endmacro %}

{#- Tables that dbt writes by hand are not those of a publication: the next run of the
    command line builds everything (linkage/publication/build_state.py). -#}
{% macro disown_intake() -%}
    {%- if execute and target.type == 'duckdb'
        and env_var('LINKAGE_REBUILD', 'by hand') == 'by hand'
        and flags.WHICH in ('build', 'run', 'seed') -%}
        {%- set states = run_query(
            "select count(*) from duckdb_tables() where database_name = 'intake' "
            "and schema_name = 'raw' and table_name = 'build_state'"
        ) -%}
        {%- if states.columns[0].values()[0] | int -%}
            {%- do run_query("update intake.raw.build_state set publication = null") -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- A rebuild begins as a copy of what was published: what no model makes is not of it. -#}
{% macro start_rebuild() -%}
    {%- if execute and target.type == 'duckdb' and is_rebuild() -%}
        {%- set made = [] -%}
        {%- for node in graph.nodes.values() -%}
            {%- do made.append(node.schema ~ '.' ~ (node.alias or node.name)) -%}
        {%- endfor -%}
        {%- set there = run_query(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = '" ~ target.database ~ "'"
        ) -%}
        {%- for schema, table in there.rows -%}
            {%- if schema ~ '.' ~ table not in made -%}
                {%- do run_query('drop table "' ~ schema ~ '"."' ~ table ~ '"') -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- The parts of marts are of no use to a reader. -#}
{% macro end_rebuild() -%}
    {%- if execute and target.type == 'duckdb' and is_rebuild() -%}
        {%- set parts = run_query(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = '" ~ target.database ~ "' "
            "and contains(table_name, '__slice_')"
        ) -%}
        {%- for schema, table in parts.rows -%}
            {%- do run_query('drop table "' ~ schema ~ '"."' ~ table ~ '"') -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
