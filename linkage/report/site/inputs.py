"""All data of the pages, read from the published warehouse at once."""

from __future__ import annotations

import csv
import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from linkage.base import failures
from linkage.base.seeds import seed_rows
from linkage.base.settings import RunSettings, study_of
from linkage.disclosure.pages import PageRows, page_rows, rows_of
from linkage.disclosure.release import Release, release_tables
from linkage.disclosure.rounding import round_counts
from linkage.disclosure.settings import DisclosureSettings
from linkage.disclosure.study_pages import StudyRows, rows_of_frame
from linkage.publication.publications import has_table, is_simulated
from linkage.publication.publish import open_published
from linkage.report.site.marks import significance, with_bounds, with_interval
from linkage.report.study_content import level_in_words

RATES = "marts.withdrawal_rates"
OUTCOMES = "marts.outcome_shares"
TIMING = "marts.withdrawal_timing"
FLOW = "marts.case_flow"
GAPS = "quality.gaps"
SCORECARD = "quality.scorecard"
TABLES = (RATES, OUTCOMES, TIMING, FLOW, GAPS, SCORECARD)
STUDY_OUTCOMES = "marts.violent_crime_outcomes"
STUDY_FLOW = "marts.violent_crime_flow"
STUDY_MODELS = "drivers.penalised_models"
STUDY_TERMS = "drivers.penalised_coefficients"
STUDY_TABLES = (
    GAPS,
    SCORECARD,
    STUDY_OUTCOMES,
    STUDY_FLOW,
    STUDY_MODELS,
    STUDY_TERMS,
)
FORCES = "marts.force_withdrawal_rates"
INSPECTION, RANKS = "marts.inspection_outcomes", "marts.inspection_ranks"
ALL_CRIME = "All crime"
TILES = Path(__file__).with_name("borough_tiles.csv")


@dataclass(frozen=True)
class SiteInputs:
    """Tables that have passed disclosure control, and values that count no people.

    `models`: None where none are fitted. `performance`: rows of `drivers.performance`,
    shares and areas under curves. `latest_delivery`: the day outcomes are known to.
    """

    study: str
    source: str
    release: Release
    models: PageRows | None
    performance: Sequence[Mapping[str, Any]]
    violent_crime: StudyRows | None
    # Columns of the study's models in words, by model and printed name.
    study_terms: Mapping[tuple[str, str], str]
    forces: pd.DataFrame | None
    inspection: pd.DataFrame | None
    is_simulated: bool
    publication: int
    published_on: str
    code_version: str
    deliveries: Sequence[str]
    latest_delivery: dt.date | None
    period: tuple[str, str]
    bcus: Mapping[str, str]
    # From the site's folder to Data Docs; empty where the two do not move together.
    data_docs: str

    def has(self, *names: str) -> bool:
        """Are these tables there?"""
        return all(name in self.release.tables for name in names)

    def table(self, name: str) -> pd.DataFrame:
        """A released table."""
        return self.release.tables[name]

    @property
    def unit(self) -> str:
        """Name of a BCU on this source."""
        return "county" if self.source == "nibrs" else "BCU"

    @functools.cached_property
    def rates(self) -> pd.DataFrame:
        """`marts.withdrawal_rates` with marks and bounds from the rounded counts."""
        rates, base = self.table(RATES), self.release.rules.base
        rates = with_bounds(rates, "withdrawals", "cases", base)
        return rates.assign(significance=significance(rates, base))

    @functools.cached_property
    def areas(self) -> list[str]:
        """Crime areas, all crime first, the others by their cases."""
        totals = self.rates[self.rates["dimension"] == "all"]
        order = totals.sort_values("cases", ascending=False, na_position="last")
        others = [area for area in order["crime_area"] if area != ALL_CRIME]
        return [ALL_CRIME, *others]

    def dimension(self, name: str, area: str | None = None) -> pd.DataFrame:
        """The rates of a dimension, of one crime area or of all."""
        rates = self.rates
        chosen = rates["dimension"] == name
        return rates[chosen & ((rates["crime_area"] == area) if area else True)]

    @functools.cached_property
    def area_rates(self) -> dict[str, float]:
        """The rate of all cases of each area that has one."""
        return {
            area: total["withdrawal_rate"]
            for area in self.areas
            if (total := self.total(area)) is not None
            and pd.notna(total["withdrawal_rate"])
        }

    def total(self, area: str) -> dict[str, Any] | None:
        """The rate of all cases of an area."""
        rows = self.dimension("all", area).to_dict("records")
        return {str(key): value for key, value in rows[0].items()} if rows else None


def read_inputs(settings: RunSettings, data_docs: str) -> SiteInputs:
    """Read and protect the site's data; the caller holds the warehouse's lock."""
    with open_published(settings) as connection:
        is_violent_crime = has_table(connection, STUDY_OUTCOMES)
    release = release_tables(settings, STUDY_TABLES if is_violent_crime else TABLES)
    with open_published(settings) as connection:
        latest = rows_of(
            connection,
            "select publication, published_at, code_version from quality.publications "
            "order by publication desc limit 1",
        )[0]
        deliveries = rows_of(
            connection,
            "select delivery, min(source_system) as source_system "
            "from quality.deliveries group by delivery order by delivery",
        )
        has_models = has_table(connection, "drivers.models")
        models = _models(connection, release) if has_models else None
        performance = (
            rows_of(connection, "select * from drivers.performance")
            if has_models
            else []
        )
        has_cases = has_table(connection, "marts.cases")
        bcus = (
            rows_of(connection, "select distinct borough, bcu from marts.cases")
            if has_cases
            else []
        )
        simulated = is_simulated(connection)
        study = _study(connection, release) if is_violent_crime else None
        terms = _study_terms(connection, study) if study else {}
        forces = _forces(connection, release.rules)
        inspection = _inspection(connection, release.rules)
    return SiteInputs(
        study=study_of(settings.source),
        source=deliveries[0]["source_system"] if deliveries else settings.source,
        release=release,
        models=models,
        performance=performance,
        violent_crime=study,
        study_terms=terms,
        forces=forces,
        inspection=inspection,
        is_simulated=simulated,
        publication=latest["publication"],
        published_on=f"{latest['published_at']:%d %B %Y}".lstrip("0"),
        code_version=latest["code_version"] or "",
        deliveries=[row["delivery"] for row in deliveries],
        latest_delivery=_latest(deliveries),
        period=_period(release),
        bcus={row["borough"]: row["bcu"] for row in bcus},
        data_docs=data_docs,
    )


def _models(connection: duckdb.DuckDBPyConnection, release: Release) -> PageRows | None:
    """The driver models; None where they can't be protected, as `release` reports."""
    try:
        return page_rows(connection)
    except Exception as error:
        release.refused["drivers.models"] = failures.why(error)
        what = "drivers.models could not be protected"
        release.failed.append(failures.in_a_line(what, error))
        return None


def _study(connection: duckdb.DuckDBPyConnection, release: Release) -> StudyRows | None:
    """The study's flow and outcomes as released; no models, whose pages hold more."""
    if STUDY_OUTCOMES not in release.tables:
        return None
    meanings = {
        (row["variable"], row["level"]): row["meaning"]
        for row in rows_of(connection, "select * from drivers.violent_crime_levels")
    }
    return StudyRows(
        rows_of_frame(release.tables[STUDY_OUTCOMES]),
        rows_of_frame(release.tables[STUDY_FLOW]),
        [],
        meanings,
        release.rules,
    )


def _study_terms(
    connection: duckdb.DuckDBPyConnection, study: StudyRows
) -> dict[tuple[str, str], str]:
    if not has_table(connection, STUDY_TERMS):
        return {}
    return {
        (row["model"], row["term"]): level_in_words(
            row["variable"], row["level"], study.meanings
        )
        for row in rows_of(
            connection, f"select model, term, variable, level from {STUDY_TERMS}"
        )
    }


def _forces(
    connection: duckdb.DuckDBPyConnection, rules: DisclosureSettings
) -> pd.DataFrame | None:
    """Rates of forces from counts that are rounded, and left out where small.

    These are published statistics, of sums that nothing here is derived from: the
    threshold holds, covers have nothing to cover.
    """
    if not has_table(connection, FORCES):
        return None
    rows = connection.execute(
        "select force, financial_year, crime_type, offences - pending as offences, "
        f"withdrawals from {FORCES} where level != 'crime type' order by all"
    ).df()
    return _with_rates(rows, "offences", "withdrawals", "withdrawal_rate", rules)


def _inspection(
    connection: duckdb.DuckDBPyConnection, rules: DisclosureSettings
) -> pd.DataFrame | None:
    """Outcomes of all tracked crime by force in the latest period, and their places.

    Counts are treated as those of `_forces`. The ranks give the certainty of a place.
    """
    if not has_table(connection, INSPECTION) or not has_table(connection, RANKS):
        return None
    rows = connection.execute(
        "select force, line, offences, outcomes, england_and_wales, position, "
        "probability_of_position "
        f"from {INSPECTION} left join (select * exclude (position) from {RANKS}) "
        "using (force, population, measure, period_from, period_to, line) "
        "where measure = 'tracked proportion' and population = 'all crime' "
        f"and period_to = (select max(period_to) from {INSPECTION}) order by all"
    ).df()
    for name in ("england_and_wales", "probability_of_position"):
        rows[name] = rows[name].astype(float).round(rules.decimals)
    return _with_rates(rows, "offences", "outcomes", "share", rules)


def _with_rates(
    rows: pd.DataFrame, whole: str, part: str, rate_name: str, rules: DisclosureSettings
) -> pd.DataFrame:
    """Counts rounded, or left out where small; a rate and its interval from them."""
    rows = rows.copy()
    for name in (whole, part):
        counts = rows[name].fillna(0).to_numpy(dtype="int64")
        shown = pd.Series(round_counts(counts, rules.base), dtype="Int64")
        rows[name] = shown.mask(counts < rules.threshold)
    rows = with_bounds(rows, part, whole, rules.base)
    return with_interval(rows, part, whole, rate_name, rules.decimals).rename(
        columns={f"{rate_name}_low": "ci_low", f"{rate_name}_high": "ci_high"}
    )


def _latest(deliveries: Sequence[Mapping[str, Any]]) -> dt.date | None:
    """The latest delivery whose name is a date."""
    days = []
    for row in deliveries:
        try:
            days.append(dt.date.fromisoformat(row["delivery"]))
        except ValueError:
            continue
    return max(days, default=None)


def _period(release: Release) -> tuple[str, str]:
    """First and last month of the cases, or empty."""
    if RATES not in release.tables:
        return "", ""
    rates = release.tables[RATES]
    months = rates[rates["dimension"] == "month"]["category"]
    known = sorted(one for one in months if one[:4].isdigit())
    return (known[0], known[-1]) if known else ("", "")


def seed_order(seed: str, column: str) -> list[str]:
    """A column of a seed in its order, each value once."""
    return list(dict.fromkeys(row[column] for row in seed_rows(seed)))


def tiles() -> list[dict[str, str]]:
    """The tile map: one row per borough with its short name, column and row."""
    with TILES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
