{{ check_keyed_rows(
    ref('stg_national__review_requests'),
    keys=['review_ref'],
    lists=[('ground', ref('review_grounds'), 'ground', 'true')],
    rules=[
        (
            '(decided_on is null) != (is_upheld is null)',
            'decided_on and is_upheld do not come together',
        ),
        ('decided_on < requested_on', 'decided_on is before requested_on'),
    ],
) }}
