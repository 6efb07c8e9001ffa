"""Printed figures of the oversight papers and our assumptions, as numbers.

Sources: London study, wmp-victims-and-vaiwg-2021 and wmp-supporting-victims-2017
(`data/published/`); our own figures are rows of `assumptions/*.csv`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from linkage.simulator.arrays import quota_codes
from linkage.simulator.files import published, read_rows

ASSUMPTIONS = Path(__file__).resolve().parent / "assumptions"
Texts = np.ndarray[tuple[int], np.dtype[np.object_]]


def assumption(name: str) -> tuple[dict[str, str], ...]:
    """Rows of `assumptions/<name>.csv`."""
    return read_rows(ASSUMPTIONS / f"{name}.csv")


@cache
def parameter(name: str) -> float:
    """Value of one row of `assumptions/parameters.csv`."""
    return float(_one(assumption("parameters"), "name", name)["value"])


@cache
def shares(variable: str) -> dict[str, float]:
    """Categories and shares of a variable."""
    found = {
        row["category"]: float(row["share"])
        for row in assumption("shares")
        if row["variable"] == variable
    }
    if not found:
        raise KeyError(variable)
    return found


@cache
def survey_fact(fact_id: str) -> float:
    """Value of one row of `wmp_survey_facts.csv`."""
    return float(_one(published("wmp_survey_facts"), "fact_id", fact_id)["value"])


def audit_figures(year: str, question: str) -> list[float]:
    """Printed shares of a question of the Victims' Code audits, in print order."""
    return [
        float(row["figure"])
        for row in published("wmp_victims_code_audit")
        if row["year"] == year and row["question"].startswith(question)
    ]


def draw(rng: np.random.Generator, variable: str, size: int) -> Texts:
    """Categories of a variable in their shares, to within one; empty is missing."""
    found = shares(variable)
    return pick_texts(rng, list(found), list(found.values()), size)


def pick_texts(
    rng: np.random.Generator, texts: list[str], weights: list[float], size: int
) -> Texts:
    """`size` texts in proportion to their weights, shuffled."""
    codes = quota_codes(rng, size, weights)
    chosen: Texts = np.array(texts, dtype=object)[codes]
    return chosen


def _one(rows: tuple[dict[str, str], ...], column: str, value: str) -> dict[str, str]:
    for row in rows:
        if row[column] == value:
            return row
    raise KeyError(value)
