with

raw_gang_mentions as (

    select * from {{ source('raw_violent_crime', 'gang_mentions') }}

),

final as (

    select
        delivery,
        line_no,
        {{ clean_text('person_ref') }} as person_ref,
        {{ read_integer('mention_no') }} as mention_no,
        {{ read_date('mentioned_on') }} as mentioned_on,
        {{ first_problem([
            missing('person_ref'),
            missing('mention_no'),
            not_a_number_from_one('mention_no'),
            not_a_date('mentioned_on'),
        ]) }} as row_problem
    from raw_gang_mentions

)

select * from final
