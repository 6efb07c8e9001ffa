"""Takes crime reports out of every place this project keeps, and proves it.

The modules of `erasure` know files and columns, no models: whatever has a column
`crime_ref` loses the rows; whatever else names a crime report is reported.
"""
