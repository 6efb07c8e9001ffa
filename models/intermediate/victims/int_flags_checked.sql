{{ check_marks(ref('stg_flags')) }}
