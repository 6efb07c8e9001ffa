"""Performance of a model on unseen cases: other cases, and later ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.fitting import LogisticFit, NotFittableError, fit_logistic, probability
from ml.measures import Performance, measure
from ml.model_cases import ModelCases, Vector

FOLDS = 5
CROSS_VALIDATED = "cross-validated"
OUT_OF_TIME = "out of time"
IN_SAMPLE = "in sample"
# A fit to predict with ends after a step this small: the next would be its square.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Validation:
    """Performance on unseen cases; `note` gives the reason if there is none."""

    sample: str
    performance: Performance | None
    note: str | None = None


def validate(
    cases: ModelCases,
    variables: Sequence[str],
    fit: LogisticFit,
    late_from: str | None,
) -> list[Validation]:
    """Refit without each fifth of the cases in turn, and without the latest.

    `late_from` is the month from which on a case is late (its `is_late` is 1); None if
    there are too few months to split.
    """
    near = np.zeros(cases.columns + 1)
    near[[0, *(j + 1 for j in fit.used)]] = fit.estimate
    return [
        _cross_validate(cases, variables, near),
        _out_of_time(cases, variables, near)
        if late_from
        else Validation(OUT_OF_TIME, None, "fewer than four months"),
    ]


def predict(cases: ModelCases, fit: LogisticFit) -> tuple[Vector, Vector, Vector]:
    """Outcome, probability and cases by row; a category unknown to the fit adds 0."""
    outcome, predicted, weights = [], [], []
    for block in cases.select(fit.used).blocks():
        outcome.append(block.outcome)
        predicted.append(probability(block.design @ fit.estimate))
        weights.append(block.cases)
    if not outcome:
        return np.empty(0), np.empty(0), np.empty(0)
    return np.concatenate(outcome), np.concatenate(predicted), np.concatenate(weights)


def _cross_validate(
    cases: ModelCases, variables: Sequence[str], near: Vector
) -> Validation:
    parts = []
    for fold in range(FOLDS):
        training = cases.where("validation_fold", fold, equal=False)
        try:
            fit = fit_logistic(training, variables, near=near, tolerance=TOLERANCE)
        except NotFittableError as error:
            return Validation(
                CROSS_VALIDATED, None, f"without one fifth of the cases {error}"
            )
        parts.append(predict(cases.where("validation_fold", fold), fit))
    return Validation(CROSS_VALIDATED, _measured(parts))


def _out_of_time(
    cases: ModelCases, variables: Sequence[str], near: Vector
) -> Validation:
    try:
        fit = fit_logistic(
            cases.where("is_late", 0), variables, near=near, tolerance=TOLERANCE
        )
    except NotFittableError as error:
        return Validation(OUT_OF_TIME, None, f"in the earlier months {error}")
    performance = _measured([predict(cases.where("is_late", 1), fit)])
    if performance is None:
        return Validation(OUT_OF_TIME, None, "no case in the latest months")
    return Validation(OUT_OF_TIME, performance)


def _measured(parts: list[tuple[Vector, Vector, Vector]]) -> Performance | None:
    outcome, predicted, weights = (
        np.concatenate(part) for part in zip(*parts, strict=True)
    )
    if not outcome.size:
        return None
    return measure(outcome, predicted, weights)
