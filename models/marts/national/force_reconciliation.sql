{%- set measures = ['offences', 'pending', 'withdrawals', 'judicial_outcomes'] -%}
with

record_level as (

    select * from {{ ref('int_national__record_level_counts_checked') }}
    where
        is_current
        and rejection_reason is null
        and population = 'all offences'

),

home_office as (

    select * from {{ ref('int_national__home_office_by_record_level_type') }}

),

populations as (

    select why_it_differs from {{ ref('counted_populations') }}
    where population = 'all offences'

),

paired as (

    select
        record_level.delivery,
        record_level.force,
        record_level.financial_year,
        record_level.crime_type,
        record_level.publication,
        record_level.recorded_from,
        record_level.recorded_to,
        {% for measure in measures -%}
        record_level.{{ measure }} as own_{{ measure }},
        record_level.{{ measure }}_key as own_{{ measure }}_key,
        home_office.{{ measure }} as home_office_{{ measure }},
        home_office.{{ measure }}_key as home_office_{{ measure }}_key,
        {% endfor -%}
        home_office.quarters
    from record_level
    inner join home_office
        on
            record_level.force = home_office.force
            and record_level.financial_year = home_office.financial_year
            and record_level.crime_type = home_office.crime_type

),

measured as (

    {% for measure in measures -%}
    select
        delivery,
        force,
        financial_year,
        crime_type,
        publication,
        recorded_from,
        recorded_to,
        quarters,
        '{{ measure }}' as measure,
        cast(own_{{ measure }} as bigint) as record_level_count,
        own_{{ measure }}_key as record_level_count_key,
        home_office_{{ measure }} as home_office_count,
        home_office_{{ measure }}_key as home_office_count_key
    from paired
    {{ "union all" if not loop.last }}
    {% endfor %}
),

final as (

    select
        measured.delivery,
        measured.force,
        measured.financial_year,
        measured.crime_type,
        measured.measure,
        measured.publication,
        measured.record_level_count,
        measured.record_level_count_key,
        measured.home_office_count,
        measured.home_office_count_key,
        measured.record_level_count - measured.home_office_count as difference,
        case
            when measured.home_office_count > 0
                then
                    cast(
                        measured.record_level_count - measured.home_office_count
                        as double
                    )
                    / measured.home_office_count
        end as relative_difference,
        measured.quarters = 4
        and measured.recorded_from
        <= {{ financial_year_from('measured.financial_year') }} + interval '6' day
        and measured.recorded_to
        >= {{ financial_year_to('measured.financial_year') }} - interval '6' day
            as is_whole_year,
        populations.why_it_differs
    from measured
    cross join populations

)

select * from final
