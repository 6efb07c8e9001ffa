"""Rows of `drivers.design` for a driver model, by the engine that holds them.

With few predictors cases are counted by covariate pattern on the engine, and only
distinct patterns reach Python. With all of the London study's nearly every case is a
separate pattern: then its columns are read as bytes, or in chunks where they are many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings

Columns = dict[str, npt.NDArray[Any]]
CHUNK = 131_072


def _with_numbers(design: str, places: str) -> str:
    """The design with the numbers of its places."""
    return f"(select * from {design} inner join {places} using (borough, site))"


ON_DUCKDB = _with_numbers("drivers.design", "drivers.places")


@dataclass(frozen=True)
class DesignRows:
    """Reads a published design; expressions are SQL on its columns, by name."""

    query_columns: Callable[[str], Columns]
    query_chunks: Callable[[str], Iterator[Columns]]
    table: str

    def patterns(self, columns: Mapping[str, str], condition: str) -> Columns:
        """Each distinct row once, with `cases` sharing it, in one order.

        `keys` is the sum of their record keys.
        """
        return self.query_columns(
            f"select {_named(columns)}, count(*) as cases, "
            f"cast(sum(record_key) as bigint) as keys from {self.table} "
            f"where {condition} group by all order by all"
        )

    def rows(self, columns: Mapping[str, str], condition: str) -> Columns:
        """Each case, in the order of its crime report, with `cases` of 1."""
        return self.query_columns(
            f"select {_named(columns)}, cast(1 as tinyint) as cases, "
            f"record_key as keys from {self.table} "
            f"where {condition} order by crime_ref"
        )

    def chunks(
        self, columns: Mapping[str, str], conditions: Sequence[str]
    ) -> Iterator[Columns]:
        """Each case, as the table holds them, a part at a time."""
        return self.query_chunks(
            f"select {_named(columns)}, cast(1 as tinyint) as cases, "
            f"record_key as keys from {ON_DUCKDB} where {' and '.join(conditions)}"
        )

    def totals(
        self, select: str, condition: str, group_by: str = ""
    ) -> list[tuple[Any, ...]]:
        """Aggregates as tuples, in the order of the groups."""
        grouped = f" group by {group_by} order by {group_by}" if group_by else ""
        found = self.query_columns(
            f"select {select} from {self.table} where {condition}{grouped}"
        )
        return list(zip(*(column.tolist() for column in found.values()), strict=True))


@contextmanager
def open_design(
    settings: RunSettings, published: duckdb.DuckDBPyConnection
) -> Iterator[DesignRows]:
    """The design of the published warehouse, on this warehouse's engine.

    Several threads may read at a time.
    """

    def chunks(query: str) -> Iterator[Columns]:
        with published.cursor() as cursor:
            reader: Any = cursor.sql(query).to_arrow_reader(CHUNK)
            for batch in reader:
                for name in batch.schema.names:
                    _refuse_nulls(name, batch.column(name).null_count > 0)
                yield {
                    name: batch.column(name).to_numpy(zero_copy_only=False)
                    for name in batch.schema.names
                }

    if settings.engine == "spark":
        from linkage.engines.spark_session import session
        from linkage.publication.parquet_versions import current_version

        spark = session(settings)
        tables = current_version(settings) / "drivers"
        design = _with_numbers(
            f"parquet.`{tables / 'design'}`", f"parquet.`{tables / 'places'}`"
        )

        def on_spark(query: str) -> Columns:
            found = spark.sql(query).toArrow()
            for name in found.column_names:
                _refuse_nulls(name, found.column(name).null_count > 0)
            return {
                name: np.asarray(found.column(name).to_numpy())
                for name in found.column_names
            }

        yield DesignRows(on_spark, chunks, design)
        return

    def on_duckdb(query: str) -> Columns:
        with published.cursor() as cursor:
            found = cursor.execute(query).fetchnumpy()
        for name, values in found.items():
            _refuse_nulls(name, bool(np.ma.is_masked(values)))
        return {name: np.asarray(values) for name, values in found.items()}

    yield DesignRows(on_duckdb, chunks, ON_DUCKDB)


def _refuse_nulls(name: str, are_there: bool) -> None:
    """An unknown category is a separate one; a null would count as 0."""
    if are_there:
        raise LinkageError(
            f"drivers.design: {name} is null in some cases; give the variable a "
            "category Unknown in seeds/driver_categories.csv"
        )


def _named(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{expression} as {name}" for name, expression in columns.items())
