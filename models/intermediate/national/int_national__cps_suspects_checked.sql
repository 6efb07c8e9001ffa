{{ check_keyed_rows(
    ref('stg_national__cps_suspects'),
    keys=['suspect_ref'],
    lists=[
        ('cps_area', ref('cps_areas'), 'cps_area', 'true'),
        (
            'offence_category', ref('cps_offence_categories'), 'offence_category',
            'true',
        ),
        ('decision', ref('cps_results'), 'result', "stage = 'pre-charge'"),
        ('decision_reason', ref('cps_reasons'), 'reason', "stage = 'pre-charge'"),
        ('finalisation', ref('cps_results'), 'result', "stage = 'post-charge'"),
        ('finalisation_reason', ref('cps_reasons'), 'reason', "stage = 'post-charge'"),
    ],
    rules=[
        (
            "submission not in ('new', 'resubmission')",
            'submission is not new or resubmission',
        ),
        (
            '(decision is null) != (decided_on is null)',
            'decision and decided_on do not come together',
        ),
        (
            '(finalisation is null) != (finalised_on is null)',
            'finalisation and finalised_on do not come together',
        ),
        (
            "finalisation is not null and coalesce(decision, '') != 'charge'",
            'finalisation without a charge',
        ),
        ('decided_on < referred_on', 'decided_on is before referred_on'),
        ('finalised_on < decided_on', 'finalised_on is before decided_on'),
    ],
) }}
