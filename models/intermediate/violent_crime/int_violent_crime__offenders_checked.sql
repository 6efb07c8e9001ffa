{{ check_violent_crime_rows(ref('stg_violent_crime__offenders'), 'offender_no') }}
