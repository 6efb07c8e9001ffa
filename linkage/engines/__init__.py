"""The two engines that hold a build's tables, behind one interface for the stages.

DuckDB on one machine is the default; Spark takes over where one machine ends
(docs/spark.md). The models are the same SQL on both.
"""
