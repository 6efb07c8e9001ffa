{#- Every rule is about one crime report, so a model of crime reports can be built for some
    of them: LINKAGE_CRIME_REPORTS is `all` (also by hand), `changed` (those that new and
    changed deliveries name: linkage/extracts/changes.py) or a part, as `2 of 6`, where
    all would not fit in memory (orchestration/dbt_project.py). Staging takes them too, so
    that only their text is read: its views hold the crime reports of the last build. -#}
{% macro is_taken(crime_ref='crime_ref') -%}
    {%- set taken = env_var('LINKAGE_CRIME_REPORTS', 'all') -%}
    {%- if taken == 'all' -%}
    true
    {%- elif taken == 'changed' -%}
    coalesce({{ crime_ref }}, '') in (
        select changed.crime_ref
        from {{ source('raw', 'changed_crime_reports') }} as changed
    )
    {%- else -%}
    {%- set number, parts = taken.split(' of ') -%}
    hash(coalesce({{ crime_ref }}, '')) % {{ parts }} = {{ number }}
    {%- endif -%}
{%- endmacro %}

{#- An incremental model adds the rows of the crime reports it takes to those of the
    others. On Spark, where no row of a Parquet file can be removed, a run copies the
    others before dbt starts (linkage/engines/spark_tables.py). -#}
{% macro remove_taken_crime_reports() -%}
    {%- if is_incremental() and target.type == 'duckdb' -%}
    delete from {{ this }} where {{ is_taken() }}
    {%- elif is_incremental() and env_var('LINKAGE_CRIME_REPORTS', 'all') == 'all' -%}
    {%- do exceptions.raise_compiler_error(
        'on Spark, work by hand builds from scratch: add --full-refresh'
    ) -%}
    {%- endif -%}
{%- endmacro %}

{#- dbt asks here which rows a data test reads (docs: custom `where`). In an incremental
    run it is those of the changed crime reports: the others passed when they were built. -#}
{% macro get_where_subquery(relation) -%}
    {%- if execute and env_var('LINKAGE_CRIME_REPORTS', 'all') == 'changed' -%}
        {%- for key in model.depends_on.nodes if key in graph.nodes -%}
            {%- set node = graph.nodes[key] -%}
            {%- if node.relation_name == relation | string
                and node.config.materialized == 'incremental' -%}
                {{ return('(select * from ' ~ relation ~ ' where ' ~ is_taken() ~ ')') }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(dbt.default__get_where_subquery(relation)) }}
{%- endmacro %}
