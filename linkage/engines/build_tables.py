"""Tables of a build under audit: read by SQL on the engine that holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from linkage.base.quoting import quoted
from linkage.base.settings import RunSettings


@dataclass(frozen=True)
class BuildTables:
    """The audit's view of a build: the rows of a query, few of them."""

    rows: Callable[[str], list[tuple[Any, ...]]]


def row_counts(settings: RunSettings) -> dict[str, int]:
    """Rows of each table (`schema/table`) of a build; none on Spark, which must scan.

    DuckDB's own estimate counts rows that an incremental run has removed.
    """
    if settings.engine == "spark":
        return {}
    with build_tables(settings) as tables:
        names = tables.rows(
            "select database_name, schema_name, table_name from duckdb_tables() "
            "where database_name <> 'temp'"
        )
        counts = " union all ".join(
            f"select '{schema}/{table}', count(*) from {database}.{schema}.{table}"
            for database, schema, table in names
        )
        return dict(tables.rows(counts)) if names else {}


@contextmanager
def build_tables(settings: RunSettings) -> Iterator[BuildTables]:
    """The tables of the build that is under way."""
    if settings.engine == "spark":
        from linkage.engines.spark_session import session

        spark = session(settings)
        yield BuildTables(lambda query: [tuple(x) for x in spark.sql(query).collect()])
        return
    import duckdb

    with duckdb.connect(str(settings.build)) as connection:
        if settings.intake.exists():
            connection.execute(
                f"attach {quoted(str(settings.intake))} as intake (read_only)"
            ).fetchall()
        yield BuildTables(lambda query: connection.execute(query).fetchall())
