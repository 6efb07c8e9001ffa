"""The tables of schema `drivers` that fits are written to; every run is kept.

`models`, `odds_ratios` and `performance` hold the latest fit of each model;
`<table>_by_run` holds every fit ever published, and publications carry it along.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from linkage.settings import RunSettings
from publication.publications import code_version, latest_publication
from publication.publish import DRIVER_HISTORY, next_version

if TYPE_CHECKING:
    from ml.drivers import DriverFit

Rows = list[dict[str, Any]]

COLUMNS: dict[str, dict[str, str]] = {
    "models": {
        "model": "varchar",
        "family": "varchar",
        "description": "varchar",
        "crime_area": "varchar",
        "filters": "varchar",
        "dependent": "varchar",
        "method": "varchar",
        "sample_size": "bigint",
        "events": "bigint",
        "columns_fitted": "bigint",
        "events_per_variable": "double",
        "intercept": "double",
        "intercept_std_error": "double",
        "log_likelihood": "double",
        "null_log_likelihood": "double",
        "nagelkerke_r2": "double",
        "mcfadden_r2": "double",
        "pct_correct_0": "double",
        "pct_correct_1": "double",
        "pct_correct_overall": "double",
        "auc": "double",
        "auc_low": "double",
        "auc_high": "double",
        "brier": "double",
        "clusters": "bigint",
        "converged": "boolean",
        "fitted_at": "timestamp",
        "run": "bigint",
        "note": "varchar",
    },
    "odds_ratios": {
        "model": "varchar",
        "design_column": "varchar",
        "variable": "varchar",
        "category": "varchar",
        "reference_category": "varchar",
        "variable_group": "varchar",
        "label": "varchar",
        "cases": "bigint",
        "events": "bigint",
        "coefficient": "double",
        "std_error": "double",
        "odds_ratio": "double",
        "ci_low": "double",
        "ci_high": "double",
        "p_value": "double",
        "is_significant": "boolean",
        "direction": "varchar",
        "times": "double",
        "p_value_holm": "double",
        "p_value_benjamini_hochberg": "double",
        "marginal_effect": "double",
        "marginal_effect_low": "double",
        "marginal_effect_high": "double",
        "cluster_std_error": "double",
        "cluster_ci_low": "double",
        "cluster_ci_high": "double",
        "cluster_p_value": "double",
        "variance_inflation": "double",
        "e_value": "double",
        "e_value_bound": "double",
        "run": "bigint",
        "note": "varchar",
    },
    "performance": {
        "model": "varchar",
        "learner": "varchar",
        "sample": "varchar",
        "cases": "bigint",
        "events": "bigint",
        "auc": "double",
        "auc_low": "double",
        "auc_high": "double",
        "brier": "double",
        "calibration_slope": "double",
        "calibration_intercept": "double",
        "run": "bigint",
        "note": "varchar",
    },
    "importance": {
        "model": "varchar",
        "variable": "varchar",
        "auc_lost": "double",
        "auc_lost_std": "double",
        "run": "bigint",
    },
    "comparisons": {
        "comparison": "varchar",
        "variable": "varchar",
        "category": "varchar",
        "reference_category": "varchar",
        "odds_ratio_first": "double",
        "odds_ratio_second": "double",
        "ratio": "double",
        "ratio_low": "double",
        "ratio_high": "double",
        "p_value": "double",
        "p_value_holm": "double",
        "is_different": "boolean",
        "chi_square": "double",
        "degrees_of_freedom": "bigint",
        "run": "bigint",
    },
}
RUNS = {
    "run": "bigint",
    "publication": "bigint",
    "code_version": "varchar",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "models": "varchar",
    "what": "varchar",
}
# What a row replaces: those equal in these columns.
KEYS = {"performance": ("model", "learner"), "comparisons": ("comparison",)}
FITS, BENCHMARKS, COMPARISONS = "fits", "benchmarks", "comparison"


def write_fits(
    settings: RunSettings, fits: Sequence[DriverFit], started_at: dt.datetime
) -> int:
    """Publish the fits as a run of their own and give its number.

    They replace earlier ones of the same models in `models`, `odds_ratios` and
    `performance`; what those held stays in the tables by run.
    """
    rows = {
        "models": [fit.as_row() for fit in fits],
        "odds_ratios": [term for fit in fits for term in fit.term_rows()],
        "performance": [row for fit in fits for row in fit.performance_rows()],
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
    changed = [f"drivers.{table}" for table in COLUMNS] + list(DRIVER_HISTORY)
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
                now(),
                ", ".join(subjects),
                what,
            ],
        ).fetchall()
        for table, some in rows.items():
            for row in some:
                row["run"] = run
            _insert(connection, f"{table}_by_run", table, some)
            _replace(connection, table, some)
    return run


def now() -> dt.datetime:
    """The current second, UTC."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0, tzinfo=None)


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists drivers").fetchall()
    for table, columns in _tables():
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        connection.execute(
            f"create table if not exists drivers.{table} ({listed})"
        ).fetchall()


def _tables() -> Iterator[tuple[str, dict[str, str]]]:
    yield "runs", RUNS
    for table, columns in COLUMNS.items():
        yield table, columns
        yield f"{table}_by_run", columns


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
    _insert(connection, table, table, rows)


def _insert(
    connection: duckdb.DuckDBPyConnection, target: str, table: str, rows: Rows
) -> None:
    if not rows:
        return
    import pyarrow as pa

    columns = COLUMNS[table]
    fitted = pa.table({name: [row[name] for row in rows] for name in columns})
    connection.register("fitted", fitted)
    listed = ", ".join(f"cast({name} as {kind})" for name, kind in columns.items())
    connection.execute(
        f"insert into drivers.{target} select {listed} from fitted"
    ).fetchall()
    connection.unregister("fitted")
