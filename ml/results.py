"""The tables of schema `drivers` that fits are written to; every run is kept.

`models`, `odds_ratios` and `performance` hold the latest fit of each model;
`<table>_by_run` holds every fit ever published, and publications carry it along.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from linkage.base.clock import utc_now
from linkage.base.settings import RunSettings
from linkage.publication.publications import code_version, latest_publication
from linkage.publication.publish import DRIVER_HISTORY, next_version
from linkage.publication.written_tables import (
    BY_RUN,
    Column,
    Table,
    create_table,
    insert_rows,
)

if TYPE_CHECKING:
    from ml.drivers import DriverFit

Rows = list[dict[str, Any]]

TABLES_FILE = Path(__file__).with_name("result_tables.yml")
RUNS = "runs"
# A row replaces those equal in these columns.
KEYS = {"performance": ("model", "learner"), "comparisons": ("comparison",)}
FITS, BENCHMARKS, COMPARISONS = "fits", "benchmarks", "comparison"


def write_fits(
    settings: RunSettings, fits: Sequence[DriverFit], started_at: dt.datetime
) -> int:
    """Publish the fits as a separate run and give its number.

    They replace earlier ones of the same models in `models`, `odds_ratios` and
    `performance`; what those held stays in the tables by run.
    """
    rows = {
        table: [row for fit in fits for row in fit.rows[table]]
        for table in ("models", "odds_ratios", "performance")
    }
    return write_run(settings, FITS, [fit.model for fit in fits], rows, started_at)


def write_run(
    settings: RunSettings,
    what: str,
    subjects: Sequence[str],
    rows: Mapping[str, Rows],
    started_at: dt.datetime,
) -> int:
    """Publish rows of some tables for some models or comparisons; the run's number."""
    changed = [*(f"drivers.{table}" for table in fit_tables()), *DRIVER_HISTORY]
    with next_version(settings, changed) as connection:
        _create(connection)
        run = _next_run(connection)
        connection.execute(
            "insert into drivers.runs values (?, ?, ?, ?, ?, ?, ?)",
            [
                run,
                latest_publication(connection),
                code_version(),
                started_at,
                utc_now(),
                ", ".join(subjects),
                what,
            ],
        ).fetchall()
        for table, some in rows.items():
            for row in some:
                row["run"] = run
            columns = result_tables()[table]
            insert_rows(connection, f"drivers.{table}{BY_RUN}", columns, some)
            _replace(connection, table, some)
    return run


@functools.cache
def result_tables() -> dict[str, dict[str, Column]]:
    """Columns of each table, by name, as `result_tables.yml` has them."""
    return {name: dict(one.columns) for name, one in Table.read(TABLES_FILE).items()}


def fit_tables() -> list[str]:
    """The tables that also exist by run."""
    return [table for table in result_tables() if table != RUNS]


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists drivers").fetchall()
    for table, columns in result_tables().items():
        for name in [table] if table == RUNS else [table, table + BY_RUN]:
            create_table(connection, f"drivers.{name}", columns)


def _next_run(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("select coalesce(max(run), 0) + 1 from drivers.runs")
    found = row.fetchone()
    assert found is not None
    return int(found[0])


def _replace(connection: duckdb.DuckDBPyConnection, table: str, rows: Rows) -> None:
    """The rows instead of those of the same model (and learner), or comparison."""
    keys = KEYS.get(table, ("model",))
    where = " and ".join(f"{name} = ?" for name in keys)
    for values in sorted({tuple(row[name] for name in keys) for row in rows}):
        connection.execute(
            f"delete from drivers.{table} where {where}", list(values)
        ).fetchall()
    insert_rows(connection, f"drivers.{table}", result_tables()[table], rows)
