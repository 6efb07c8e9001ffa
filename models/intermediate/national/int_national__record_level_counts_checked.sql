with

counts as (

    select
        *,
        {{ match_key('raw_force') }} as force_key
    from {{ ref('stg_national__record_level_counts') }}

),

force_names as (

    select
        force,
        {{ match_key('raw_force') }} as force_key
    from {{ ref('force_names') }}

),

populations as (

    select population from {{ ref('counted_populations') }}

),

crime_types as (

    select distinct record_level_crime_type as crime_type
    from {{ ref('record_level_crime_types') }}

),

-- The latest publication of a force replaces earlier ones.
latest as (

    select
        force_key,
        max(delivery) as latest_delivery
    from counts
    group by force_key

),

repeated_keys as (

    select
        delivery,
        force_key,
        population,
        financial_year,
        crime_type
    from counts
    where row_problem is null
    group by delivery, force_key, population, financial_year, crime_type
    having count(*) > 1

),

final as (

    select
        counts.delivery,
        counts.file_name,
        counts.sheet,
        counts.line_no,
        force_names.force,
        counts.publication,
        counts.published_on,
        counts.population,
        counts.financial_year,
        counts.crime_type,
        counts.recorded_from,
        counts.recorded_to,
        {% for count in ['offences', 'pending', 'withdrawals', 'judicial_outcomes'] -%}
        counts.{{ count }},
        {{ key_of_delivered_count([
            'force_names.force', 'counts.population', 'counts.financial_year',
            'counts.crime_type', "'" ~ count ~ "'",
        ]) }} as {{ count }}_key,
        {% endfor -%}
        coalesce(counts.delivery = latest.latest_delivery, false) as is_current,
        case
            when counts.row_problem is not null then counts.row_problem
            when force_names.force is null then 'not_in_forces force_name'
            when
                populations.population is null
                then 'not_in_populations population'
            when
                crime_types.crime_type is null
                then 'not_in_crime_types crime_type'
            when
                counts.pending + counts.withdrawals + counts.judicial_outcomes
                > counts.offences
                then 'more_outcomes_than_offences'
            when repeated_keys.population is not null then 'key_repeated'
        end as rejection_reason
    from counts
    left join force_names
        on counts.force_key = force_names.force_key
    left join populations
        on counts.population = populations.population
    left join crime_types
        on counts.crime_type = crime_types.crime_type
    left join latest
        on counts.force_key = latest.force_key
    left join repeated_keys
        on
            counts.delivery = repeated_keys.delivery
            and counts.force_key = repeated_keys.force_key
            and counts.population = repeated_keys.population
            and counts.financial_year = repeated_keys.financial_year
            and counts.crime_type = repeated_keys.crime_type

)

select * from final
