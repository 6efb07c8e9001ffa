{#- On Spark the loaded rows lie in Parquet folders under LINKAGE_RAW; before a build they
    are given the names that `source()` asks for. DuckDB loads them into tables itself. -#}
{% macro register_raw_tables() -%}
    {{ return(adapter.dispatch('register_raw_tables')()) }}
{%- endmacro %}

{% macro default__register_raw_tables() -%}{%- endmacro %}

{% macro spark__register_raw_tables() -%}
    {%- if execute -%}
        {%- set root = env_var('LINKAGE_RAW', 'warehouse/cris.spark.build/raw') -%}
        {%- set tables = graph.sources.values() | list -%}
        {%- for schema in tables | map(attribute='schema') | unique -%}
            {%- do run_query('create schema if not exists ' ~ schema) -%}
        {%- endfor -%}
        {%- for table in tables -%}
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
