{{ check_violent_crime_rows(ref('stg_violent_crime__victims'), 'victim_no') }}
