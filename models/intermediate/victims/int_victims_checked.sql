{{ check_people(ref('stg_victims'), 'victim_no') }}
