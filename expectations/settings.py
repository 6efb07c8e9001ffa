"""Reads the seed of gaps and refuses invalid values, naming line and column."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path

from linkage.base.errors import LinkageError
from linkage.base.seeds import BOOLEANS, SEEDS, Row, read_seed, seed_columns
from linkage.base.settings import SOURCES
from linkage.extracts.layouts import CRIS, VIOLENT_CRIME
from linkage.extracts.national import read_inputs

GAPS_FILE = SEEDS / "data_quality_gaps.csv"
SUITES_FILE = SEEDS / "data_quality_suites.csv"
PROPERTIES = SEEDS / "_quality_seeds.yml"
SEVERITIES = ("must hold", "should hold", "watch")
DIMENSIONS = ("completeness", "validity", "consistency", "uniqueness", "timeliness")
REQUIRED = (
    "gap",
    "suite",
    "dimension",
    "description",
    "severity",
    "owner",
    "tolerance",
)


@dataclass(frozen=True)
class Suite:
    """A set of gaps over one audit table."""

    suite: str
    table: str
    description: str


@dataclass(frozen=True)
class Gap:
    """A data-quality gap: its tolerance, and the published figure."""

    gap: str
    suite: str
    dimension: str
    description: str
    severity: str
    owner: str
    tolerance: float
    sources: tuple[str, ...]
    extract: str | None = None
    upper_limit: float | None = None
    published_share: float | None = None
    published_in: str | None = None
    listed: bool = False
    field: str | None = None
    place: str = GAPS_FILE.name


def read_settings(path: Path = GAPS_FILE) -> tuple[list[Suite], list[Gap]]:
    """Read suites and gaps.

    Raises LinkageError with one line that names file, line, gap and column.
    """
    columns = seed_columns(PROPERTIES)
    suites = [
        Suite(row["suite"], row["audit_table"], row["description"])
        for row in read_seed(SUITES_FILE, columns["data_quality_suites"])
    ]
    gaps: dict[str, Gap] = {}
    # Values are checked below, in the words of a lead; types are not checked here.
    for row in read_seed(path, dict.fromkeys(columns["data_quality_gaps"], "")):
        gap = _gap(row, {suite.suite for suite in suites})
        if gap.gap in gaps:
            raise LinkageError(f"{row['']}: {gap.gap} is there twice")
        gaps[gap.gap] = gap
    return suites, list(gaps.values())


def _gap(row: Row, suites: set[str]) -> Gap:
    place = f"{row['']} ({row['gap'] or 'no name'})"

    def refuse(column: str, what: str) -> LinkageError:
        return LinkageError(f"{place}: {column} {what}")

    def number(column: str, highest: float, what: str) -> float | None:
        if not row[column]:
            return None
        try:
            value = float(row[column])
        except ValueError:
            value = math.nan
        if not 0 <= value <= highest:
            raise refuse(column, what)
        return value

    for column in REQUIRED:
        if not row[column].strip():
            raise refuse(column, "is missing")
    if not row["gap"].isidentifier():
        raise refuse("gap", "must be a column of its audit table")
    extracts = (*CRIS.extracts, *VIOLENT_CRIME.extracts, *read_inputs())
    for column, known in (
        ("severity", SEVERITIES),
        ("dimension", DIMENSIONS),
        ("extract", ("", *extracts)),
    ):
        if row[column] not in known:
            names = ", ".join(dict.fromkeys(filter(None, known)))
            raise refuse(column, f"must be one of {names}")
    if row["suite"] not in suites:
        raise LinkageError(f"{place}: no such suite: {row['suite']}")
    if row["listed"].lower() not in ("", *BOOLEANS):
        raise refuse("listed", "must be true or false")
    sources = tuple(row["sources"].split(";"))
    if not set(sources) <= set(SOURCES):
        raise refuse("sources", f"must be among {', '.join(SOURCES)}, with ; between")
    share = "must be a share from 0 to 1"
    return Gap(
        gap=row["gap"],
        suite=row["suite"],
        dimension=row["dimension"],
        description=row["description"],
        severity=row["severity"],
        owner=row["owner"],
        tolerance=number("tolerance", 1, share) or 0.0,
        sources=sources,
        extract=row["extract"] or None,
        upper_limit=number(
            "upper_limit", sys.float_info.max, "must be a number from 0"
        ),
        published_share=number("published_share", 1, share),
        published_in=row["published_in"] or None,
        listed=row["listed"].lower() == "true",
        field=row["field"] or None,
        place=place,
    )
