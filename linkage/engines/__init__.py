"""The two engines that hold a build's tables, behind what the stages ask of them.

DuckDB on one machine is the default; Spark takes over where one machine ends
(docs/spark.md). The models are the same SQL on both.
"""
