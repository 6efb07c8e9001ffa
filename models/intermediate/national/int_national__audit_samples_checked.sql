{{ check_keyed_rows(
    ref('stg_national__audit_samples'),
    keys=['sample_ref'],
    lists=[('audit', ref('victims_code_questions'), 'audit', 'true')],
    rules=[
        (
            'referred_on is not null and need_identified_on is null',
            'referred_on without need_identified_on',
        ),
        (
            'referred_on < need_identified_on',
            'referred_on is before need_identified_on',
        ),
    ],
) }}
