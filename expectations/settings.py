"""Reads the seed of gaps and refuses invalid values, naming line and column."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from linkage.base.errors import LinkageError
from linkage.base.seeds import BOOLEANS, SEEDS, Row, read_seed, seed_columns, seed_rows
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
    "expectation",
    "column_name",
)
# Expectations that macros/quality_gaps.sql counts too, with the arguments that each
# needs (one of them, where several are given) and those that it may have.
EXPECTATIONS: dict[str, tuple[set[str], set[str]]] = {
    "expect_column_values_to_be_null": (set(), set()),
    "expect_column_values_to_not_be_null": (set(), set()),
    "expect_column_values_to_be_in_set": ({"value_set"}, set()),
    "expect_column_values_to_not_be_in_set": ({"value_set"}, set()),
    "expect_column_values_to_be_between": ({"min_value", "max_value"}, set()),
    "expect_column_pair_values_a_to_be_greater_than_b": ({"column_B"}, {"or_equal"}),
    "expect_column_pair_values_to_be_equal": ({"column_B"}, set()),
}
LITERAL = r"'(?:[^']|'')*'|-?\d+(?:\.\d+)?|true|false"
TERM = re.compile(
    rf"(?P<column>\w+) (?:(?P<null>is null|is not null)"
    rf"|(?P<sign>=|!=|<=|>=|<|>) (?P<value>{LITERAL})"
    rf"|(?P<set>in|not in) \((?P<values>(?:{LITERAL})(?:, (?:{LITERAL}))*)\))"
)


@dataclass(frozen=True)
class Suite:
    """A set of gaps over one audit table."""

    suite: str
    table: str
    description: str


@dataclass(frozen=True)
class Condition:
    """A comparison of a column; `value` is a list for `in` and `not in`."""

    column: str
    operator: str
    value: Any = None


@dataclass(frozen=True)
class Gap:
    """A data-quality gap: what is expected, its tolerance, and the published figure."""

    gap: str
    suite: str
    dimension: str
    description: str
    severity: str
    owner: str
    tolerance: float
    expectation: str
    column_name: str
    arguments: Mapping[str, Any]
    applies_to: tuple[Condition, ...]
    sources: tuple[str, ...]
    extract: str | None = None
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
    for column in ("gap", "column_name"):
        if not row[column].isidentifier():
            raise refuse(column, "must be one word of letters, digits and _")
    extracts = (*CRIS.extracts, *VIOLENT_CRIME.extracts, *read_inputs())
    for column, known in (
        ("severity", SEVERITIES),
        ("dimension", DIMENSIONS),
        ("extract", ("", *extracts)),
        ("expectation", tuple(EXPECTATIONS)),
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
        expectation=row["expectation"],
        column_name=row["column_name"],
        arguments=_arguments(row, refuse),
        applies_to=_conditions(row["applies_to"], refuse),
        sources=sources,
        extract=row["extract"] or None,
        published_share=number("published_share", 1, share),
        published_in=row["published_in"] or None,
        listed=row["listed"].lower() == "true",
        field=row["field"] or None,
        place=place,
    )


def _arguments(row: Row, refuse: Callable[[str, str], LinkageError]) -> dict[str, Any]:
    """Further arguments, a set of values that a seed holds among them."""
    try:
        found: dict[str, Any] = yaml.safe_load("{" + row["arguments"] + "}")
    except yaml.YAMLError as error:
        raise refuse("arguments", "must be name: value, with , between") from error
    needs, may = EXPECTATIONS[row["expectation"]]
    if (needs and not needs & found.keys()) or found.keys() - needs - may:
        names = " and ".join(sorted(needs | may)) or "nothing"
        raise refuse("arguments", f"of {row['expectation']} must be {names}")
    values = found.get("value_set")
    if isinstance(values, str):
        found["value_set"] = _values_of_seed(values, refuse)
    elif values is not None and not isinstance(values, list):
        raise refuse("arguments", "value_set must be [a, b] or seed.column")
    return found


def _values_of_seed(name: str, refuse: Callable[[str, str], LinkageError]) -> list[str]:
    """Values of `seed.column`, in small letters and single spaces as lookups match."""
    seed, _, column = name.partition(".")
    try:
        return [" ".join(row[column].lower().split()) for row in seed_rows(seed)]
    except (FileNotFoundError, KeyError) as error:
        raise refuse("arguments", f"names no column of a seed: {name}") from error


def _conditions(
    text: str, refuse: Callable[[str, str], LinkageError]
) -> tuple[Condition, ...]:
    """Conditions of `applies_to`, each a comparison of one column."""
    found: list[Condition] = []
    rest = text.strip()
    while rest:
        term = TERM.match(rest)
        if not term:
            raise refuse(
                "applies_to",
                "must be comparisons of a column with and between, as in "
                f"\"outcome_code = '16'\"; cannot read {rest!r}",
            )
        found.append(_condition(term))
        rest = rest[term.end() :]
        if rest and not rest.startswith(" and "):
            raise refuse("applies_to", f"cannot read {rest.strip()!r}")
        rest = rest.removeprefix(" and ")
    return tuple(found)


def _condition(term: re.Match[str]) -> Condition:
    if term["null"]:
        return Condition(term["column"], term["null"])
    if term["sign"]:
        return Condition(term["column"], term["sign"], _value(term["value"]))
    values = [_value(value) for value in re.findall(LITERAL, term["values"])]
    return Condition(term["column"], term["set"], values)


def _value(literal: str) -> Any:
    if literal.startswith("'"):
        return literal[1:-1].replace("''", "'")
    return yaml.safe_load(literal)
