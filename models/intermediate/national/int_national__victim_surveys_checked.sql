{{ check_keyed_rows(
    ref('stg_national__victim_surveys'),
    keys=['survey_ref'],
    lists=[
        ('channel', ref('survey_answers'), 'answer', "field = 'channel'"),
        ('outcome', ref('survey_answers'), 'answer', "field = 'outcome'"),
        ('disposal', ref('survey_answers'), 'answer', "field = 'disposal'"),
        ('vulnerability', ref('survey_answers'), 'answer', "field = 'vulnerability'"),
    ],
    rules=[
        ('sent_hour > 23', 'sent_hour is more than 23'),
        ('sent_on < recorded_on', 'sent_on is before recorded_on'),
        ('responded_on < sent_on', 'responded_on is before sent_on'),
        (
            'responded_on is null and (outcome is not null '
            ~ 'or is_satisfied is not null or coalesce(has_free_text, false))',
            'an answer without responded_on',
        ),
    ],
) }}
