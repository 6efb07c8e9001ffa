"""The audit: every data-quality gap as a Great Expectations expectation.

What is expected, how badly it matters, who owns it and what the London study published
stand in `gaps.yml`; what a gap is stands in SQL (`models/audit`); this package runs
the one against the other inside DuckDB.
"""
