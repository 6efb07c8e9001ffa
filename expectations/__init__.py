"""The audit: every data-quality gap as a Great Expectations expectation.

A gap is a column of an audit model (`models/audit`). How much of it is tolerated, how
badly it matters and who owns it is a row of `seeds/data_quality_gaps.csv`. dbt counts
the gaps (`models/marts/quality`). This package counts them again and judges them by
Great Expectations.
"""
