{{ check_marks(ref('stg_features')) }}
