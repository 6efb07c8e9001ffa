"""Reads `gaps.yml` and refuses what it cannot mean, naming the entry and the field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from linkage.errors import LinkageError

GAPS_FILE = Path(__file__).with_name("gaps.yml")
SEVERITIES = ("must hold", "should hold", "watch")
SOURCES = ("cris", "nibrs")
REQUIRED = ("gap", "suite", "description", "severity", "owner", "tolerance")


@dataclass(frozen=True)
class Suite:
    """A set of gaps over one audit table."""

    suite: str
    table: str
    description: str


@dataclass(frozen=True)
class Gap:
    """A data-quality gap: how much of it is tolerated, and what was published."""

    gap: str
    suite: str
    description: str
    severity: str
    owner: str
    tolerance: float
    published_share: float | None = None
    published_in: str | None = None
    listed: bool = False
    sources: tuple[str, ...] = SOURCES


def read_settings(path: Path = GAPS_FILE) -> tuple[list[Suite], list[Gap]]:
    """Read suites and gaps.

    Raises LinkageError with one line that names file, entry and field.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise LinkageError(f"{path.name}{line}: is not valid YAML") from error
    for part in ("suites", "gaps"):
        if not isinstance(content, dict) or not isinstance(content.get(part), list):
            raise LinkageError(f"{path.name}: {part} is missing or is not a list")
    suites = [
        _suite(entry, f"{path.name} suite {number}")
        for number, entry in enumerate(content["suites"], start=1)
    ]
    names = {suite.suite for suite in suites}
    gaps: list[Gap] = []
    for number, entry in enumerate(content["gaps"], start=1):
        gaps.append(_gap(entry, f"{path.name} gap {number}", names))
    repeated = {gap.gap for gap in gaps if sum(g.gap == gap.gap for g in gaps) > 1}
    if repeated:
        raise LinkageError(f"{path.name}: {sorted(repeated)[0]} stands twice")
    return suites, gaps


def _suite(entry: Any, where: str) -> Suite:
    fields = tuple(Suite.__dataclass_fields__)
    _check_fields(entry, where, fields, required=fields)
    return Suite(**entry)


def _check_fields(
    entry: Any, where: str, known: Sequence[str], required: Sequence[str]
) -> None:
    if not isinstance(entry, dict):
        raise LinkageError(f"{where}: is not a list of fields")
    for field in entry:
        if field not in known:
            raise LinkageError(f"{where}: no such field: {field}")
    for field in required:
        if entry.get(field) in (None, ""):
            raise LinkageError(f"{where}: {field} is missing")


def _gap(entry: dict[str, Any], where: str, suites: set[str]) -> Gap:
    if isinstance(entry, dict):
        where = f"{where} ({entry.get('gap', 'no name')})"
    _check_fields(entry, where, tuple(Gap.__dataclass_fields__), REQUIRED)
    if not str(entry["gap"]).isidentifier():
        raise LinkageError(f"{where}: gap must be a column of its audit table")
    if not isinstance(entry.get("listed", False), bool):
        raise LinkageError(f"{where}: listed must be true or false")
    if entry["severity"] not in SEVERITIES:
        raise LinkageError(f"{where}: severity must be one of {', '.join(SEVERITIES)}")
    if entry["suite"] not in suites:
        raise LinkageError(f"{where}: no such suite: {entry['suite']}")
    for field in ("tolerance", "published_share"):
        value = entry.get(field)
        if value is not None and not (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and 0 <= value <= 1
        ):
            raise LinkageError(f"{where}: {field} must be a share from 0 to 1")
    sources = entry.get("sources", SOURCES)
    if not sources or isinstance(sources, str) or not set(sources) <= set(SOURCES):
        raise LinkageError(f"{where}: sources must be among {', '.join(SOURCES)}")
    return Gap(**{**entry, "sources": tuple(sources)})
