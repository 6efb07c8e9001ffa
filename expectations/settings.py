"""Reads `gaps.yml` and refuses what it cannot mean, naming the line and the field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from linkage.base.errors import LinkageError
from linkage.base.settings import SOURCES as EVERY_SOURCE
from linkage.base.settings import STUDIES
from linkage.base.yaml_files import LOADER, read_yaml
from linkage.extracts.layouts import CRIS, VIOLENT_CRIME
from linkage.extracts.national import read_inputs

GAPS_FILE = Path(__file__).with_name("gaps.yml")
SEVERITIES = ("must hold", "should hold", "watch")
DIMENSIONS = ("completeness", "validity", "consistency", "uniqueness", "timeliness")
GROUPS = ("extract", "bcu", "crime_area")
# Where a gap does not say which sources record what it takes: those of crime reports.
SOURCES = STUDIES["victim-withdrawal"]
REQUIRED = (
    "gap",
    "suite",
    "dimension",
    "description",
    "severity",
    "owner",
    "tolerance",
)
LINE = "line"


@dataclass(frozen=True)
class Suite:
    """A set of gaps over one audit table."""

    suite: str
    table: str
    description: str
    grouped_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gap:
    """A data-quality gap: how much of it is tolerated, and what was published."""

    gap: str
    suite: str
    dimension: str
    description: str
    severity: str
    owner: str
    tolerance: float
    extract: str | None = None
    limit: float | None = None
    published_share: float | None = None
    published_in: str | None = None
    listed: bool = False
    field: str | None = None
    sources: tuple[str, ...] = SOURCES

    @property
    def condition(self) -> str:
        """True in SQL where a row has the gap, null where the gap does not apply."""
        return self.gap if self.limit is None else f"({self.gap} > {self.limit})"


class _LineLoader(LOADER):  # type: ignore[misc]
    """Keeps the line on which an entry begins, and refuses a field given twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value} stands twice", key.start_mark
                )
            seen.add(key.value)
        return {
            **super().construct_mapping(node, deep=deep),
            LINE: node.start_mark.line + 1,
        }


def read_settings(path: Path = GAPS_FILE) -> tuple[list[Suite], list[Gap]]:
    """Read suites and gaps.

    Raises LinkageError with one line that names file, line, entry and field.
    """
    content = read_yaml(path, _LineLoader)
    for part in ("suites", "gaps"):
        if not isinstance(content, dict) or not isinstance(content.get(part), list):
            raise LinkageError(f"{path.name}: {part} is missing or is not a list")
    suites = [_suite(entry, path.name) for entry in content["suites"]]
    gaps: list[Gap] = []
    for entry in content["gaps"]:
        gap = _gap(entry, path.name, {suite.suite for suite in suites})
        if any(other.gap == gap.gap for other in gaps):
            raise LinkageError(
                f"{path.name} line {entry[LINE]}: {gap.gap} stands twice"
            )
        gaps.append(gap)
    return suites, gaps


def _suite(entry: Any, file: str) -> Suite:
    where = _where(entry, file, "suite")
    fields = tuple(Suite.__dataclass_fields__)
    _check_fields(entry, where, fields, required=("suite", "table", "description"))
    groups = entry.get("grouped_by", ())
    if isinstance(groups, str) or not set(groups) <= set(GROUPS):
        raise LinkageError(f"{where}: grouped_by must be among {', '.join(GROUPS)}")
    return Suite(**{**_without_line(entry), "grouped_by": tuple(groups)})


def _where(entry: Any, file: str, name: str) -> str:
    if not isinstance(entry, dict):
        return file
    return f"{file} line {entry[LINE]} ({entry.get(name, 'no name')})"


def _without_line(entry: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in entry.items() if field != LINE}


def _check_fields(
    entry: Any, where: str, known: Sequence[str], required: Sequence[str]
) -> None:
    if not isinstance(entry, dict):
        raise LinkageError(f"{where}: {entry!r} is not a list of fields")
    for field in entry:
        if field not in known and field != LINE:
            raise LinkageError(f"{where}: no such field: {field}")
    for field in required:
        if entry.get(field) in (None, ""):
            raise LinkageError(f"{where}: {field} is missing")


def _gap(entry: Any, file: str, suites: set[str]) -> Gap:
    where = _where(entry, file, "gap")
    _check_fields(entry, where, tuple(Gap.__dataclass_fields__), REQUIRED)
    if not str(entry["gap"]).isidentifier():
        raise LinkageError(f"{where}: gap must be a column of its audit table")
    if not isinstance(entry.get("listed", False), bool):
        raise LinkageError(f"{where}: listed must be true or false")
    for field, allowed in (
        ("severity", SEVERITIES),
        ("dimension", DIMENSIONS),
        ("extract", (None, *CRIS.extracts, *VIOLENT_CRIME.extracts, *read_inputs())),
    ):
        if entry.get(field) not in allowed:
            raise LinkageError(
                f"{where}: {field} must be one of {', '.join(filter(None, allowed))}"
            )
    if entry["suite"] not in suites:
        raise LinkageError(f"{where}: no such suite: {entry['suite']}")
    for field in ("tolerance", "published_share"):
        value = entry.get(field)
        if value is not None and not (_is_number(value) and 0 <= value <= 1):
            raise LinkageError(f"{where}: {field} must be a share from 0 to 1")
    limit = entry.get("limit")
    if limit is not None and not (_is_number(limit) and limit >= 0):
        raise LinkageError(f"{where}: limit must be a number from 0")
    sources = entry.get("sources", SOURCES)
    if not sources or isinstance(sources, str) or not set(sources) <= set(EVERY_SOURCE):
        raise LinkageError(f"{where}: sources must be among {', '.join(EVERY_SOURCE)}")
    return Gap(**{**_without_line(entry), "sources": tuple(sources)})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
