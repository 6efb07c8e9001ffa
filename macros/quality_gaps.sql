{#- The audit models of the source: a column of each is a gap of data_quality_gaps. -#}
{% macro audit_tables() -%}
    {%- set of_crime_reports = [
        'audit_extract_rows', 'audit_crime_reports', 'audit_cases', 'audit_coverage',
        'audit_changes',
    ] -%}
    {%- set of_source = {
        'cris': of_crime_reports,
        'nibrs': of_crime_reports,
        'violent_crime': ['audit_violent_crime_rows', 'audit_violent_crimes'],
        'national': [
            'audit_national_rows', 'audit_cps_suspects', 'audit_victims_code_samples',
            'audit_victim_surveys', 'audit_force_quarters', 'audit_force_reconciliation',
        ],
    } -%}
    {{ return(of_source[env_var('LINKAGE_SOURCE', 'cris')]) }}
{%- endmacro %}

{#- The gaps of an audit model, or those that are listed: name by name, true where a row has
    the gap, false where it does not, null where the gap does not apply to it. Great Expectations counts the same
    rows of the seed with its own SQL (expectations/suites.py). -#}
{% macro gap_flags(table, listed=false) -%}
    {%- set flags = {} -%}
    {%- for gap in gaps_of(table) if gap.listed or not listed -%}
        {%- set given = fromyaml('{' ~ (gap.arguments or '') ~ '}') -%}
        {%- set column, other = gap.column_name, given.get('column_B') -%}
        {%- set values = listed_values(given.get('value_set')) -%}
        {%- set asks_for_nulls = gap.expectation in (
            'expect_column_values_to_be_null', 'expect_column_values_to_not_be_null'
        ) -%}
        {%- set fails = {
            'expect_column_values_to_be_null': column ~ ' is not null',
            'expect_column_values_to_not_be_null': column ~ ' is null',
            'expect_column_values_to_be_in_set': column ~ ' not in ' ~ values,
            'expect_column_values_to_not_be_in_set': column ~ ' in ' ~ values,
            'expect_column_values_to_be_between':
                'not ' ~ column ~ ' between coalesce(' ~ given.get('min_value', 'null')
                ~ ', ' ~ column ~ ') and coalesce(' ~ given.get('max_value', 'null')
                ~ ', ' ~ column ~ ')',
            'expect_column_pair_values_a_to_be_greater_than_b':
                column ~ (' < ' if given.get('or_equal') else ' <= ') ~ other,
            'expect_column_pair_values_to_be_equal': column ~ ' != ' ~ other,
        }[gap.expectation] -%}
        {%- set applies = [gap.applies_to] if gap.applies_to else [] -%}
        {%- if not asks_for_nulls -%}
            {%- do applies.append(column ~ ' is not null') -%}
        {%- endif -%}
        {%- if other -%}{%- do applies.append(other ~ ' is not null') -%}{%- endif -%}
        {%- do flags.update({gap.gap:
            'case when ' ~ applies | join(' and ') ~ ' then ' ~ fails ~ ' end'
            if applies else fails
        }) -%}
    {%- endfor -%}
    {{ return(flags) }}
{%- endmacro %}

{#- The rows of the seed that judge an audit model for this source. -#}
{% macro gaps_of(table) -%}
    {%- set suites = seed_rows('data_quality_suites')
        | selectattr('audit_table', 'equalto', table)
        | map(attribute='suite') | list -%}
    {%- set found = [] -%}
    {%- for gap in seed_rows('data_quality_gaps')
        if gap.suite in suites
        and env_var('LINKAGE_SOURCE', 'cris') in gap.sources.split(';') -%}
        {%- do found.append(gap) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- The values of a set as a list of SQL: given one by one, or as `seed.column`, of which
    the keys are taken as lookups are matched. -#}
{% macro listed_values(value_set) -%}
    {%- set found = [] -%}
    {%- if value_set is string -%}
        {%- set seed, column = value_set.split('.') -%}
        {%- for row in seed_rows(seed) -%}
            {%- do found.append(row[column].lower().split() | join(' ')) -%}
        {%- endfor -%}
    {%- else -%}
        {%- do found.extend(value_set or []) -%}
    {%- endif -%}
    {%- set listed = [] -%}
    {%- for value in found -%}
        {%- do listed.append(
            value if value is boolean or value is number
            else "'" ~ value | replace("'", "''") ~ "'"
        ) -%}
    {%- endfor -%}
    {{ return('(' ~ listed | join(', ') ~ ')') }}
{%- endmacro %}

{#- Columns of a model with their types, from its contract. -#}
{% macro column_types(model_name) -%}
    {%- set found = {} -%}
    {%- for node in (graph.nodes.values() if execute else [])
        if node.resource_type == 'model' and node.name == model_name -%}
        {%- for column in node.columns.values() -%}
            {%- do found.update({column.name: column.data_type}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- Verdict on a share, from columns `failing`, `population` and `tolerance`.
    It is beyond only where its whole 95% Wilson interval is: few rows allow for chance.
    Wilson's interval is the inversion of the score test, which this is. -#}
{% macro gap_verdict() -%}
    case
        when population = 0 then 'nothing to check'
        when cast(failing as double) / population <= tolerance then 'within tolerance'
        when
            cast(failing as double) / population
            > tolerance
            + {{ var('interval_z') }}e0
            * sqrt(tolerance * (1 - tolerance) / population)
            then 'beyond tolerance'
        else 'too few to tell'
    end
{%- endmacro %}

{#- The verdict on released counts: where fewer than 10 fail, it holds for any such count. -#}
{% macro released_verdict() -%}
    case
        when population is null then 'too few to tell'
        when failing is null and 9 <= tolerance * population then 'within tolerance'
        when failing is null then 'too few to tell'
        else {{ gap_verdict() }}
    end
{%- endmacro %}
