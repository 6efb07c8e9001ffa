"""Odds ratios as planted, and the linear predictor they give each case."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from linkage.simulator.arrays import Bools, Floats
from linkage.simulator.cases import Cases
from linkage.simulator.files import assumption


@dataclass(frozen=True)
class Effect:
    """Odds ratio of one category against its reference; whose it is in `note`."""

    variable: str
    category: str
    reference_category: str
    odds_ratio: float
    note: str

    @property
    def coefficient(self) -> float:
        """Log odds ratio."""
        return math.log(self.odds_ratio)


def read_ratio(text: str) -> float:
    """`2.1` or, for 2.1 times less likely, `1/2.1`."""
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


def effects(
    table: str, column: str = "odds_ratio", fallback: str = ""
) -> tuple[Effect, ...]:
    """Effects of `assumptions/<table>.csv`; rows without a value are left out.

    `fallback` names the column used where `column` is empty.
    """
    return tuple(
        Effect(
            row["variable"],
            row["category"],
            row["reference_category"],
            read_ratio(row[column] or row[fallback]),
            row["note"],
        )
        for row in assumption(table)
        if row[column] or (fallback and row[fallback])
    )


def linear_predictor(cases: Cases, planted: tuple[Effect, ...]) -> Floats:
    """Sum of the planted log odds ratios of each case, shape (cases,)."""
    total: Floats = np.zeros(cases.size)
    by_variable: dict[str, Floats] = {}
    for effect in planted:
        categories = cases.categories(effect.variable)
        values = by_variable.setdefault(effect.variable, np.zeros(len(categories)))
        values[categories.index(effect.category)] = effect.coefficient
    for variable, values in by_variable.items():
        total += values[cases.codes[variable]]
    return total


# Suspect status to the column of `withdrawal_odds.csv` that applies.
STATUS_COLUMNS = {
    "none": "odds_ratio_no_suspect",
    "not known": "odds_ratio_not_known",
    "known": "odds_ratio_known",
}


def withdrawal_effects(status: str) -> tuple[Effect, ...]:
    """Planted effects for a suspect status: none, not known or known.

    The study fits them apart (models 15, 17 and 18); where it prints no figure for a
    status with a suspect, model 3's figure is used for both.
    """
    column = STATUS_COLUMNS[status]
    fallback = "" if status == "none" else "odds_ratio"
    return effects("withdrawal_odds", column, fallback)


def withdrawal_predictor(cases: Cases) -> Floats:
    """Log odds of withdrawal by the planted odds ratios alone, without intercept."""
    known: Bools = cases.is_suspect_known
    return np.select(
        [known, cases.is_suspect_recorded],
        [
            linear_predictor(cases, withdrawal_effects("known")),
            linear_predictor(cases, withdrawal_effects("not known")),
        ],
        linear_predictor(cases, withdrawal_effects("none")),
    )
