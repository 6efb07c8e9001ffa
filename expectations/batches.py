"""Where Great Expectations reads: the audit tables on the engine that holds them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from linkage.base.settings import RunSettings


class Batches(Protocol):
    """Gives the rows of one audit table and delivery as a batch to validate."""

    def define(self, name: str, table: str, delivery: str) -> tuple[Any, Any]:
        """A batch definition, and the parameters to run it with."""


class DuckDBBatches:
    """Queries inside DuckDB: no row leaves it."""

    def __init__(self, datasource: Any) -> None:
        """Read through this SQL data source."""
        self._datasource = datasource

    def define(self, name: str, table: str, delivery: str) -> tuple[Any, Any]:
        """The rows as a query."""
        asset = self._datasource.add_query_asset(
            name=name,
            query=f"select * from audit.{table} where delivery = '{delivery}'",
        )
        return asset.add_batch_definition_whole_table(delivery), None


class SparkBatches:
    """Data frames of the running session: evaluated on its cluster."""

    def __init__(self, datasource: Any, session: Any) -> None:
        """Read through this Spark data source."""
        self._datasource = datasource
        self._session = session

    def define(self, name: str, table: str, delivery: str) -> tuple[Any, Any]:
        """The rows as a data frame."""
        asset = self._datasource.add_dataframe_asset(name=name)
        rows = self._session.table(f"audit.{table}").where(f"delivery = '{delivery}'")
        return asset.add_batch_definition_whole_dataframe(delivery), {"dataframe": rows}


@contextmanager
def batches(context: Any, settings: RunSettings) -> Iterator[Batches]:
    """Open the audit tables for Great Expectations, and let them go afterwards."""
    if settings.engine == "spark":
        from linkage.engines.spark_session import session

        running = session(settings)
        yield SparkBatches(
            context.data_sources.add_spark(
                name="spark", force_reuse_spark_context=True
            ),
            running,
        )
        return
    from expectations.duckdb_dialect import NAME, register

    register()
    datasource = context.data_sources.add_sql(
        name="intake", connection_string=f"{NAME}:///{settings.intake.resolve()}"
    )
    try:
        yield DuckDBBatches(datasource)
    finally:
        # DuckDB lets one file be open under one configuration only in a process.
        datasource.get_execution_engine().close()
        datasource.get_engine().dispose()
