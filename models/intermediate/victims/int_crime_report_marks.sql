-- noqa: disable=LT02
-- Flags and knife-crime features of a crime report, one row however often they repeat.
with

crime_reports as (

    select * from {{ ref('int_crime_reports') }}
    where {{ is_taken() }} and is_in_scope

),

flags as (

    select * from {{ ref('int_flags_checked') }}
    where {{ is_taken() }} and is_current and rejection_reason is null

),

features as (

    select * from {{ ref('int_features_checked') }}
    where {{ is_taken() }} and is_current and rejection_reason is null

),

flag_lookup as (

    select * from {{ ref('flags') }}

),

feature_lookup as (

    select * from {{ ref('knife_crime_features') }}

),

marks as (

    select
        flags.crime_ref,
        flag_lookup.flag as mark
    from flags
    inner join flag_lookup
        on {{ match_key('flags.flag') }} = {{ match_key('flag_lookup.raw_flag') }}

    union all

    select
        features.crime_ref,
        'Knife crime' as mark
    from features
    inner join feature_lookup
        on
            {{ match_key('features.feature') }}
            = {{ match_key('feature_lookup.raw_feature') }}
    where feature_lookup.is_knife_crime

),

final as (

    select
        marks.crime_ref,
        {% for column, mark in mark_columns() -%}
        max(marks.mark = '{{ mark }}') as {{ column }}{{ "," if not loop.last }}
        {% endfor %}
    from marks
    inner join crime_reports
        on marks.crime_ref = crime_reports.crime_ref
    group by marks.crime_ref

)

select * from final
