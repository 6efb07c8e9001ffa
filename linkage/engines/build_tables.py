"""Tables of a build under audit: read by SQL, added to, on the engine they are on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from linkage.base.quoting import quoted
from linkage.base.settings import RunSettings

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from pyspark.sql import SparkSession


class BuildTables(Protocol):
    """What the audit asks of a build, whatever engine holds it."""

    audit_schema: str
    intermediate_schema: str
    raw_schema: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds; for small results."""

    def create_from_query(self, table: str, query: str) -> None:
        """Replace `schema.table` by what a query finds."""

    def create_from_rows(self, table: str, rows: pa.Table) -> None:
        """Replace `schema.table` by these rows."""


class DuckDBTables:
    """The build file, with the intake attached."""

    audit_schema = "intake.audit"
    intermediate_schema = "intake.intermediate"
    raw_schema = "intake.raw"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Use this connection to the build file."""
        self._connection = connection

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        return self._connection.execute(query).fetchall()

    def create_from_query(self, table: str, query: str) -> None:
        """Replace the table by what a query finds."""
        schema = table.split(".")[0]
        self._connection.execute(f"create schema if not exists {schema}").fetchall()
        self._connection.execute(
            f"create or replace table {table} as {query}"
        ).fetchall()

    def create_from_rows(self, table: str, rows: pa.Table) -> None:
        """Replace the table by these rows."""
        self._connection.register("new_rows", rows)
        self.create_from_query(table, "select * from new_rows")
        self._connection.unregister("new_rows")


class SparkTables:
    """The tables of a Spark build, as Parquet."""

    audit_schema = "audit"
    intermediate_schema = "intermediate"
    raw_schema = "raw"

    def __init__(self, session: SparkSession) -> None:
        """Use this session."""
        self._session = session

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        return [tuple(row) for row in self._session.sql(query).collect()]

    def create_from_query(self, table: str, query: str) -> None:
        """Replace the table by what a query finds."""
        schema = table.split(".")[0]
        self._session.sql(f"create schema if not exists {schema}")
        self._session.sql(query).write.mode("overwrite").format("parquet").saveAsTable(
            table
        )

    def create_from_rows(self, table: str, rows: pa.Table) -> None:
        """Replace the table by these rows."""
        self._session.createDataFrame(rows).createOrReplaceTempView("new_rows")
        self.create_from_query(table, "select * from new_rows")
        self._session.catalog.dropTempView("new_rows")


@contextmanager
def build_tables(settings: RunSettings) -> Iterator[BuildTables]:
    """The tables of the build that is under way."""
    if settings.engine == "spark":
        from linkage.engines.spark_session import session

        yield SparkTables(session(settings))
        return
    import duckdb

    with duckdb.connect(str(settings.build)) as connection:
        if settings.intake.exists():
            connection.execute(
                f"attach {quoted(str(settings.intake))} as intake (read_only)"
            ).fetchall()
        yield DuckDBTables(connection)
