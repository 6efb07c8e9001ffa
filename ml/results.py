"""The tables `drivers.models` and `drivers.odds_ratios` of the output contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from linkage.settings import RunSettings
from publication.publish import next_version

if TYPE_CHECKING:
    from ml.drivers import DriverFit

TABLES = {
    "models": (
        "model varchar, description varchar, crime_area varchar, filters varchar, "
        "sample_size bigint, events bigint, nagelkerke_r2 double, "
        "pct_correct_0 double, pct_correct_1 double, pct_correct_overall double, "
        "auc double, converged boolean, fitted_at timestamp, note varchar"
    ),
    "odds_ratios": (
        "model varchar, design_column varchar, variable varchar, category varchar, "
        "reference_category varchar, cases bigint, coefficient double, "
        "std_error double, odds_ratio double, ci_low double, ci_high double, "
        "p_value double, is_significant boolean, direction varchar, times double, "
        "note varchar"
    ),
}


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables, empty, where they are not there yet."""
    connection.execute("create schema if not exists drivers").fetchall()
    for table, columns in TABLES.items():
        connection.execute(
            f"create table if not exists drivers.{table} ({columns})"
        ).fetchall()


def write_fits(settings: RunSettings, fits: Sequence[DriverFit]) -> None:
    """Publish the fits, replacing earlier ones of the same models."""
    with next_version(settings, [f"drivers.{table}" for table in TABLES]) as connection:
        create_tables(connection)
        for fit in fits:
            for table in TABLES:
                connection.execute(
                    f"delete from drivers.{table} where model = ?", [fit.model]
                ).fetchall()
            connection.execute(
                f"insert into drivers.models values ({_marks(14)})",
                [
                    fit.model,
                    fit.specification.description,
                    fit.specification.crime_area,
                    fit.specification.filters,
                    fit.sample_size,
                    fit.events,
                    fit.nagelkerke_r2,
                    fit.pct_correct_0,
                    fit.pct_correct_1,
                    fit.pct_correct_overall,
                    fit.auc,
                    fit.converged,
                    fit.fitted_at,
                    fit.note,
                ],
            ).fetchall()
            connection.executemany(
                f"insert into drivers.odds_ratios values ({_marks(16)})",
                [
                    [
                        fit.model,
                        term.predictor.design_column,
                        term.predictor.variable,
                        term.predictor.category,
                        term.predictor.reference_category,
                        term.cases,
                        term.coefficient,
                        term.std_error,
                        term.odds_ratio,
                        term.bound(-1),
                        term.bound(1),
                        term.p_value,
                        term.is_significant,
                        term.direction,
                        term.times,
                        term.note,
                    ]
                    for term in fit.terms
                ],
            ).fetchall()


def _marks(count: int) -> str:
    return ", ".join("?" * count)
