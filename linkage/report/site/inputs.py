"""All data of the pages: schema `release` of the published warehouse, and names."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from linkage.base.quoting import identifier
from linkage.base.seeds import seed_rows
from linkage.base.settings import RunSettings, study_of
from linkage.publication.parquet_versions import RELEASE
from linkage.publication.publications import is_simulated
from linkage.publication.publish import open_published
from linkage.publication.release import released_tables
from linkage.report.ranks import with_bounds
from linkage.report.site.figures import records

# Tables of the one schema that may be shown (docs/disclosure.md).
RATES, OUTCOMES, TIMING, FLOW = (
    "withdrawal_rates",
    "outcome_shares",
    "withdrawal_timing",
    "case_flow",
)
MATURITY, MONITOR, SIGNALS, FUNNEL = (
    "withdrawal_maturity",
    "withdrawal_monitor",
    "withdrawal_signals",
    "withdrawal_funnel",
)
GAPS, SCORECARD = "gaps", "scorecard"
MODELS, TERMS, PERFORMANCE, COMPARISONS = (
    "models",
    "odds_ratios",
    "performance",
    "comparisons",
)
STUDY_OUTCOMES, STUDY_FLOW = "violent_crime_outcomes", "violent_crime_flow"
STUDY_MODELS, STUDY_TERMS, STUDY_CURVES, STUDY_THRESHOLDS, STUDY_LEAKAGE = (
    "penalised_models",
    "penalised_coefficients",
    "penalised_curves",
    "penalised_thresholds",
    "penalised_leakage",
)
FORCES = "force_withdrawal_rates"
INSPECTION, RANKS = "inspection_outcomes", "inspection_ranks"
ALL_CRIME = "All crime"
TILES = Path(__file__).with_name("borough_tiles.csv")


@dataclass(frozen=True)
class SiteInputs:
    """Released tables by name, and what counts no people."""

    study: str
    source: str
    tables: Mapping[str, pd.DataFrame]
    is_simulated: bool
    publication: int
    published_on: str
    code_version: str
    deliveries: Sequence[str]
    # From the site's folder to Data Docs; empty where the two do not move together.
    data_docs: str

    def has(self, *names: str) -> bool:
        """Are these tables there?"""
        return all(name in self.tables for name in names)

    def table(self, name: str) -> pd.DataFrame:
        """A released table."""
        return self.tables[name]

    def rows(self, name: str, **wanted: str) -> list[dict[str, Any]]:
        """Rows of a table where columns have these values; none if it is not there."""
        if name not in self.tables:
            return []
        if name not in self._records:
            self._records[name] = records(self.tables[name])
        return [
            row
            for row in self._records[name]
            if all(row[column] == value for column, value in wanted.items())
        ]

    @functools.cached_property
    def _records(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of the tables that were asked for by row."""
        return {}

    @property
    def unit(self) -> str:
        """Name of a BCU on this source."""
        return "county" if self.source == "nibrs" else "BCU"

    @property
    def unit_heading(self) -> str:
        """The same where it begins a line."""
        return self.unit[:1].upper() + self.unit[1:]

    @functools.cached_property
    def rates(self) -> pd.DataFrame:
        """`withdrawal_rates` with the bounds of the true rates."""
        return with_bounds(self.table(RATES), "withdrawals", "cases")

    @functools.cached_property
    def areas(self) -> list[str]:
        """Crime areas, all crime first, the others by their cases."""
        totals = self.rates[self.rates["dimension"] == "all"]
        order = totals.sort_values("cases", ascending=False, na_position="last")
        others = [area for area in order["crime_area"] if area != ALL_CRIME]
        return [ALL_CRIME, *others]

    @property
    def area_order(self) -> dict[str, int]:
        """Place of each crime area in that order."""
        return {area: at for at, area in enumerate(self.areas)}

    def dimension(self, name: str, area: str | None = None) -> pd.DataFrame:
        """The rates of a dimension, of one crime area or of all."""
        rates = self.rates
        chosen = rates["dimension"] == name
        return rates[chosen & ((rates["crime_area"] == area) if area else True)]

    @functools.cached_property
    def area_rates(self) -> dict[str, float]:
        """The rate of all cases of each area that has one."""
        totals = self.dimension("all").set_index("crime_area")["withdrawal_rate"]
        return {str(area): float(rate) for area, rate in totals.dropna().items()}

    def total(self, area: str) -> dict[str, Any] | None:
        """The rate of all cases of an area."""
        return next(iter(records(self.dimension("all", area))), None)

    @property
    def period(self) -> tuple[str, str]:
        """First and last month of the cases, or empty."""
        if not self.has(RATES):
            return "", ""
        months = self.dimension("month")["category"]
        known = sorted(one for one in months if one[:4].isdigit())
        return (known[0], known[-1]) if known else ("", "")


def read_inputs(settings: RunSettings, data_docs: str) -> SiteInputs:
    """Read the site's data from the published warehouse."""
    with open_published(settings) as connection:
        tables = {
            name: _table(connection, name) for name in released_tables(connection)
        }
        (latest,) = connection.execute(
            "select publication, published_at, code_version from quality.publications "
            "order by publication desc limit 1"
        ).fetchall()
        deliveries = connection.execute(
            "select delivery, min(source_system) from quality.deliveries "
            "group by delivery order by delivery"
        ).fetchall()
        simulated = is_simulated(connection)
    publication, published_at, code_version = latest
    return SiteInputs(
        study=study_of(settings.source),
        source=deliveries[0][1] if deliveries else settings.source,
        tables=tables,
        is_simulated=simulated,
        publication=publication,
        published_on=f"{published_at:%d %B %Y}".lstrip("0"),
        code_version=code_version or "",
        deliveries=[delivery for delivery, _ in deliveries],
        data_docs=data_docs,
    )


def _table(connection: duckdb.DuckDBPyConnection, name: str) -> pd.DataFrame:
    """A released table, with days as text."""
    of = f"{RELEASE}.{identifier(name)}"
    listed = ", ".join(
        f"cast({identifier(column)} as varchar) as {identifier(column)}"
        if kind == "DATE"
        else identifier(column)
        for column, kind, *_ in connection.execute(f"describe {of}").fetchall()
    )
    return connection.execute(f"select {listed} from {of} order by all").df()


def seed_order(seed: str, column: str) -> list[str]:
    """A column of a seed in its order, each value once."""
    return list(dict.fromkeys(row[column] for row in seed_rows(seed)))


def tiles() -> list[dict[str, str]]:
    """The tile map: one row per borough with its short name, column and row."""
    with TILES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
