"""The categories of a driver model: which are shown, and in what order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GROUPS = ("offence", "suspect", "victim")
MORE_LIKELY = "more likely"
UNKNOWN = "Unknown"
# Without one of these there is nothing to draw.
DRAWN = ("odds_ratio", "ci_low", "ci_high", "marginal_effect")


@dataclass(frozen=True)
class Estimate:
    """Estimates of a category; `low` and `high` bound the odds ratio at 95%.

    `marginal_effect` is a difference of probability; p-values and E-values that a
    model has not are None.
    """

    odds_ratio: float
    low: float
    high: float
    times: float
    direction: str
    is_significant: bool
    p_value_holm: float | None
    marginal_effect: float
    cluster_p_value: float | None
    e_value: float | None
    e_value_bound: float | None

    @property
    def is_more_likely(self) -> bool:
        """Does the category go with more of the outcome than the one compared with?"""
        return self.direction == MORE_LIKELY


@dataclass(frozen=True)
class Term:
    """One row of `release.odds_ratios`; `note` explains a missing or unsure `estimate`.

    `cases` is None where it is fewer than 10 or the model is not fitted.
    """

    design_column: str
    variable: str
    category: str
    reference: str
    group: str
    label: str
    cases: int | None
    note: str | None
    estimate: Estimate | None

    @property
    def is_yes_no(self) -> bool:
        """A yes/no mark, rather than one of several categories."""
        return self.category == "Yes" and self.reference == "No"

    @property
    def is_significant(self) -> bool:
        """Is there an estimate, and is it significant?"""
        return self.estimate is not None and self.estimate.is_significant

    @property
    def is_unsure(self) -> bool:
        """Is there an estimate with a caveat?"""
        return self.estimate is not None and self.note is not None


def read_terms(rows: Iterable[Mapping[str, Any]]) -> list[Term]:
    """Terms from rows of `release.odds_ratios`, in their order."""
    return [_term(row) for row in rows]


def by_variable(terms: Iterable[Term]) -> list[Term]:
    """By group and variable, from more to less likely; those without estimate last."""
    return sorted(
        terms, key=lambda one: (GROUPS.index(one.group), one.variable, *_by_size(one))
    )


def significant(terms: Iterable[Term]) -> list[Term]:
    """Significant ones by group, from most strongly more to most strongly less."""
    return sorted(
        (one for one in terms if one.is_significant),
        key=lambda one: (GROUPS.index(one.group), *_by_size(one)),
    )


def strongest(terms: Iterable[Term], most: int) -> list[Term]:
    """At most so many terms with an estimate, the furthest from 1 first."""
    estimated = [(one.estimate.times, one) for one in terms if one.estimate is not None]
    estimated.sort(key=lambda pair: (-pair[0], pair[1].design_column))
    return [one for _, one in estimated[:most]]


def _by_size(term: Term) -> tuple[float, str]:
    ratio = term.estimate.odds_ratio if term.estimate else -math.inf
    return -ratio, term.design_column


def _term(row: Mapping[str, Any]) -> Term:
    return Term(
        design_column=row["design_column"],
        variable=row["variable"],
        category=row["category"],
        reference=row["reference_category"],
        group=row["variable_group"],
        label=row["label"],
        cases=row["cases"],
        note=row["note"],
        estimate=None if _is_lacking(row) else _estimate(row),
    )


def _is_lacking(row: Mapping[str, Any]) -> bool:
    """Is a figure missing? A bound of 0 has no place on a scale of ratios."""
    return any(row[one] is None for one in DRAWN) or row["ci_low"] == 0


def _estimate(row: Mapping[str, Any]) -> Estimate:
    return Estimate(
        odds_ratio=row["odds_ratio"],
        low=row["ci_low"],
        high=row["ci_high"],
        times=row["times"],
        direction=row["direction"],
        is_significant=row["is_significant"],
        p_value_holm=row["p_value_holm"],
        marginal_effect=row["marginal_effect"],
        cluster_p_value=row["cluster_p_value"],
        e_value=row["e_value"],
        e_value_bound=row["e_value_bound"],
    )
