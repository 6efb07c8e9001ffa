"""Where Great Expectations reads: the audit tables on the engine that holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from linkage.base.settings import RunSettings

# Gives the rows of an audit table and delivery, under a name, as a batch definition and
# the parameters to run it with.
Batches = Callable[[str, str, str], tuple[Any, Any]]


@contextmanager
def batches(context: Any, settings: RunSettings) -> Iterator[Batches]:
    """Open the audit tables for Great Expectations, and let them go afterwards.

    No row leaves the engine: a batch is a query inside DuckDB, or a data frame of the
    running Spark session.
    """
    if settings.engine == "spark":
        from linkage.engines.spark_session import session

        running = session(settings)
        spark = context.data_sources.add_spark(
            name="spark", force_reuse_spark_context=True
        )

        def frame(name: str, table: str, delivery: str) -> tuple[Any, Any]:
            rows = running.table(f"audit.{table}").where(f"delivery = '{delivery}'")
            asset = spark.add_dataframe_asset(name=name)
            batch = asset.add_batch_definition_whole_dataframe(delivery)
            return batch, {"dataframe": rows}

        yield frame
        return
    from expectations.duckdb_dialect import NAME, register

    register()
    intake = context.data_sources.add_sql(
        name="intake", connection_string=f"{NAME}:///{settings.intake.resolve()}"
    )

    def query(name: str, table: str, delivery: str) -> tuple[Any, Any]:
        sql = f"select * from audit.{table} where delivery = '{delivery}'"
        asset = intake.add_query_asset(name=name, query=sql)
        return asset.add_batch_definition_whole_table(delivery), None

    try:
        yield query
    finally:
        # DuckDB lets one file be open under one configuration only in a process.
        intake.get_execution_engine().close()
        intake.get_engine().dispose()
