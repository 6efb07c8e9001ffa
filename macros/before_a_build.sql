{#- One line where dbt would stop with an error of the engine, or build a warehouse without
    rows: nothing is loaded, or models of another study's source are selected. -#}
{% macro refuse_other_source() -%}
    {%- set source_name = env_var('LINKAGE_SOURCE', 'cris') -%}
    {%- if execute -%}
        {%- set released = [] -%}
        {%- for key in selected_resources if key in graph.nodes -%}
            {%- set tags = graph.nodes[key].tags
                | map('replace', '_release', '') | list -%}
            {%- if graph.nodes[key].schema == 'release' -%}
                {%- do released.append(key) -%}
            {%- endif -%}
            {%- if tags and source_name not in tags -%}
                {%- do exceptions.raise_compiler_error(
                    graph.nodes[key].name ~ ' is a model of ' ~ tags | join(' and ')
                    ~ ', and LINKAGE_SOURCE is ' ~ source_name
                    ~ ': run `export LINKAGE_SOURCE=' ~ tags[0] ~ '` first'
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if target.type == 'duckdb' and not released
            and not load_relation(source('raw', 'deliveries')) -%}
            {%- do exceptions.raise_compiler_error(
                'no deliveries of ' ~ source_name ~ ' are loaded: load some with '
                ~ '`linkage load`, or samples with `make dev`'
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- On Spark the loaded rows are in Parquet folders under LINKAGE_RAW; before a build
    they are given the names that `source()` uses. DuckDB loads them into tables
    itself. -#}
{% macro register_raw_tables() -%}
    {{ return(adapter.dispatch('register_raw_tables')()) }}
{%- endmacro %}

{% macro default__register_raw_tables() -%}{%- endmacro %}

{% macro spark__register_raw_tables() -%}
    {%- if execute -%}
        {%- set root = env_var('LINKAGE_RAW', 'warehouse/cris.spark.dev/raw') -%}
        {#- Not the tables that Python writes on the published warehouse. -#}
        {%- set tables = [] -%}
        {%- for table in graph.sources.values() if table.schema.startswith('raw') -%}
            {%- do tables.append(table) -%}
        {%- endfor -%}
        {%- for schema in tables | map(attribute='schema') | unique -%}
            {%- do run_query('create schema if not exists ' ~ schema) -%}
        {%- endfor -%}
        {%- for table in tables
            if table.name != 'changed_crime_reports'
            or env_var('LINKAGE_CRIME_REPORTS', 'all') == 'changed' -%}
            {%- set name = table.schema ~ '.' ~ table.name -%}
            {%- do run_query(
                'create table if not exists ' ~ name ~ ' using parquet location \''
                ~ root ~ '/' ~ table.schema ~ '/' ~ table.name ~ '\''
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- A seed's rows as literals: through the session's bindings an empty cell would become
    the word None, and an apostrophe would end the statement. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set cells = [] -%}
        {%- for name in agate_table.column_names -%}
            {%- set type = types.get(
                name, adapter.convert_type(agate_table, loop.index0)
            ) -%}
            {%- set value = row[loop.index0] -%}
            {%- if value is none -%}
                {%- do cells.append('cast(null as ' ~ type ~ ')') -%}
            {%- else -%}
                {%- set text = value | string | replace('\\', '\\\\')
                    | replace("'", "\\'") -%}
                {%- do cells.append("cast('" ~ text ~ "' as " ~ type ~ ')') -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do rows.append('(' ~ cells | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- set sql = 'insert into ' ~ this.render() ~ ' values\n' ~ rows | join(',\n') -%}
    {%- if rows -%}
        {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {%- endif -%}
    {{ return(sql) }}
{%- endmacro %}
