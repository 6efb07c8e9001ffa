{{ check_people(ref('stg_suspects'), 'suspect_no') }}
