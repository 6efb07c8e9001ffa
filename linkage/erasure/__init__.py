"""Takes crime reports out of every place this project keeps, and proves it.

The modules of `erasure` know files and columns, no models. Every table with a column
`crime_ref` loses the rows; any other mention of a crime report is reported.
"""
