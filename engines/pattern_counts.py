"""Covariate patterns of `drivers.design`, counted on the engine that holds it.

Only distinct patterns reach Python. With few predictors that is a small table whatever
the number of cases; with all of the London study's, nearly every case is a pattern of
its own, and the columns come as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from linkage.settings import RunSettings

Columns = dict[str, npt.NDArray[Any]]
# Takes expressions by name and a condition; adds how many `cases` share each pattern.
CountPatterns = Callable[[Mapping[str, str], str], Columns]


@contextmanager
def pattern_counts(
    settings: RunSettings, published: duckdb.DuckDBPyConnection
) -> Iterator[CountPatterns]:
    """The counting of patterns on this warehouse's engine."""
    if settings.engine == "spark":
        from engines.spark_session import session
        from publication.parquet_versions import current_version

        spark = session(settings)
        design = current_version(settings) / "drivers" / "design"

        def count_on_spark(columns: Mapping[str, str], condition: str) -> Columns:
            query = _query(columns, f"parquet.`{design}`", condition)
            found = spark.sql(query).toArrow()
            return {
                name: np.asarray(found.column(name).to_numpy())
                for name in found.column_names
            }

        yield count_on_spark
        return

    def count_on_duckdb(columns: Mapping[str, str], condition: str) -> Columns:
        query = _query(columns, "drivers.design", condition)
        return {
            name: np.asarray(values)
            for name, values in published.execute(query).fetchnumpy().items()
        }

    yield count_on_duckdb


def _query(columns: Mapping[str, str], table: str, condition: str) -> str:
    named = ", ".join(f"{expression} as {name}" for name, expression in columns.items())
    # In one order, so that a fit is the same to the last digit every time.
    return (
        f"select {named}, count(*) as cases from {table} where {condition} "
        "group by all order by all"
    )
