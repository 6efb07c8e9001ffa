{#- Every rule is about one crime report, so a table with `meta: {by_crime_report: true}`
    need not be built at once: where the input is large, DuckDB runs the model once per
    slice of the crime references, and its memory holds one slice. -#}
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
    {{ get_assert_columns_equivalent(compiled_code) }}
    create table {{ relation }}
    {{ get_table_columns_and_constraints() }};
    {% for slice_no in range(slices) -%}
    insert into {{ relation }} {{ get_column_names() }} (
        {{ get_select_subquery(one_slice(compiled_code, slices, slice_no)) }}
    );
    {% endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- The model's SQL, every table of it that names crime reports cut to one slice. -#}
{% macro one_slice(compiled_code, slices, slice_no) -%}
    {%- set sliced = namespace(code=compiled_code) -%}
    {%- for key in model.depends_on.nodes -%}
        {%- set parent = graph.nodes.get(key) -%}
        {%- if parent and 'crime_ref' in parent.columns -%}
            {%- set sliced.code = sliced.code | replace(
                parent.relation_name,
                '(select * from ' ~ parent.relation_name
                ~ ' where hash(crime_ref) % ' ~ slices ~ ' = ' ~ slice_no ~ ')'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(sliced.code) }}
{%- endmacro %}

{#- As many slices as keep the rows of the largest raw table within the memory limit. -#}
{% macro slice_count() -%}
    {%- set counted = run_query(
        "select greatest(1, cast(ceil(coalesce(max(estimated_size), 0) * "
        ~ var('slice_bytes_per_row')
        ~ " / parse_formatted_bytes(current_setting('memory_limit'))) as integer)) "
        ~ "from duckdb_tables() where schema_name like 'raw%'"
    ) -%}
    {{ return(counted.columns[0].values()[0]) }}
{%- endmacro %}
