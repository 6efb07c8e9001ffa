{{ check_violent_crime_rows(ref('stg_violent_crime__investigation_logs'), 'log_no') }}
