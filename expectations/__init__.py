"""The audit: every data-quality gap as a Great Expectations expectation.

A gap is a column of an audit model (`models/audit`). Its tolerance, severity and owner
are a row of `seeds/data_quality_gaps.csv`. dbt counts the gaps
(`models/marts/quality`). This package recounts them and judges them by Great
Expectations.
"""
