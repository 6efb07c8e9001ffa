-- The period is part of the key, and may not be stated.
{{ check_keyed_rows(
    ref('stg_national__thematic_counts'),
    keys=['force', 'period', 'thematic_area'],
    lists=[('thematic_area', ref('thematic_area_rules'), 'thematic_area', 'true')],
    rules=[
        ('period_to < period_from', 'period_to is before period_from'),
        ('outcome_16 > offences', 'outcome_16 is more than offences'),
        ('printed_share > 1', 'printed_share is more than 1'),
    ],
) }}
