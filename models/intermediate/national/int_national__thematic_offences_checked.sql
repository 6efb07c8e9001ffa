{{ check_keyed_rows(
    ref('stg_national__thematic_offences'),
    keys=['crime_ref', 'offence_no'],
    lists=[('outcome_code', ref('outcome_codes'), 'outcome_code', 'true')],
) }}
