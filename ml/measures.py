"""How well probabilities predict withdrawal: discrimination, calibration, accuracy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ml.fitting import SeparatedError, maximise, probability
from ml.model_cases import CasesInMemory, Vector

# 95% intervals, as the London study reports (p. Driver analysis).
Z_95 = 1.959963984540054
CUT_OFF = 0.5
# Probabilities no nearer to 0 or 1 than this have log odds that can be computed with.
NEAREST = 1e-12
# A number holds e to the power of this, and the inverse of it; not of much more.
LARGEST_EXPONENT = 700.0


@dataclass(frozen=True)
class Performance:
    """Measures on some cases; None where they cannot be estimated.

    `pct_correct_*` are shares (0-1) at a cut-off of 0.5, as the study prints them.
    """

    cases: int
    events: int
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    brier: float
    calibration_slope: float | None
    calibration_intercept: float | None
    pct_correct_0: float | None
    pct_correct_1: float | None
    pct_correct_overall: float


def measure(outcome: Vector, predicted: Vector, cases: Vector) -> Performance:
    """Every measure of `predicted` (m,) against `outcome` (m,) of `cases` (m,) each."""
    is_event = outcome == 1
    area, error = area_under_curve(outcome, predicted, cases)
    correct = (predicted >= CUT_OFF) == is_event
    slope, intercept = calibration(outcome, predicted, cases)
    return Performance(
        cases=round(cases.sum()),
        events=round(cases[is_event].sum()),
        auc=area,
        auc_low=_bounded(area, error, -Z_95),
        auc_high=_bounded(area, error, Z_95),
        brier=float(np.average(np.square(predicted - outcome), weights=cases)),
        calibration_slope=slope,
        calibration_intercept=intercept,
        pct_correct_0=_share(correct, cases, ~is_event),
        pct_correct_1=_share(correct, cases, is_event),
        pct_correct_overall=float(np.average(correct, weights=cases)),
    )


def exponential(value: float) -> float | None:
    """The odds ratio of a log odds ratio; None if it is out of a number's range."""
    return math.exp(value) if abs(value) < LARGEST_EXPONENT else None


def interval(
    log_odds: float, std_error: float, z: float = Z_95
) -> tuple[float | None, float | None]:
    """Bounds of an odds ratio; none where no number can hold one of them."""
    low, high = (exponential(log_odds + side * z * std_error) for side in (-1, 1))
    # Half an interval would look like a whole one.
    return (None, None) if None in (low, high) else (low, high)


def area_under_curve(
    outcome: Vector, predicted: Vector, cases: Vector
) -> tuple[float | None, float]:
    """Area under the ROC curve and its standard error (DeLong and others 1988).

    No area where every case has the same outcome, and no error (NaN) where one outcome
    has a single case.
    """
    is_event = outcome == 1
    weights_1, weights_0 = cases[is_event], cases[~is_event]
    if not weights_1.sum() or not weights_0.sum():
        return None, math.nan
    # The share of the other group below each case, ties counted half.
    below_event = _share_below(predicted[is_event], predicted[~is_event], weights_0)
    above_other = 1 - _share_below(predicted[~is_event], predicted[is_event], weights_1)
    area = float(np.average(below_event, weights=weights_1))
    variance = _variance(below_event, weights_1, area) + _variance(
        above_other, weights_0, area
    )
    return area, math.sqrt(variance)


def calibration(
    outcome: Vector, predicted: Vector, cases: Vector
) -> tuple[float | None, float | None]:
    """Slope and intercept of the outcome on the log odds predicted (Cox 1958).

    A slope under 1 shows that the predictions are too extreme; the intercept, with the
    slope held at 1, that they are too low (above 0) or too high on the whole. None
    where the outcome or the prediction does not vary, or no number fits.
    """
    kept = np.clip(predicted, NEAREST, 1 - NEAREST)
    log_odds = np.log(kept / (1 - kept))
    if outcome.min() == outcome.max():
        return None, None
    intercept = _intercept(outcome, log_odds, cases)
    if np.ptp(log_odds) == 0:
        return None, intercept
    # Log odds are no 0/1 column: nothing to screen, and nothing to penalise.
    one_column = CasesInMemory.of(outcome, log_odds[:, np.newaxis], cases)
    try:
        estimate, _, _ = maximise(one_column, np.zeros(2))
    except SeparatedError:
        return None, intercept
    return float(estimate[1]), intercept


def _intercept(outcome: Vector, log_odds: Vector, cases: Vector) -> float | None:
    """None if the search does not converge."""
    intercept = 0.0
    for _ in range(50):
        fitted = probability(intercept + log_odds)
        spread = float(cases @ (fitted * (1 - fitted)))
        if not spread:
            return None
        step = float(cases @ (outcome - fitted)) / spread
        # Far from the solution the curve is flat and a whole step overshoots.
        step = max(-2.0, min(2.0, step))
        intercept += step
        if abs(step) < 1e-10:
            return intercept
    return None


def _share_below(values: Vector, others: Vector, weights: Vector) -> Vector:
    """The share of `others` below each of `values`, ties counted half."""
    order = np.argsort(others, kind="stable")
    running = np.concatenate([[0.0], np.cumsum(weights[order])])
    ordered = others[order]
    below = running[np.searchsorted(ordered, values, side="left")]
    not_above = running[np.searchsorted(ordered, values, side="right")]
    shares: Vector = (below + not_above) / (2 * running[-1])
    return shares


def _variance(shares: Vector, weights: Vector, mean: float) -> float:
    total = float(weights.sum())
    if total < 2:
        return math.nan
    return float(weights @ np.square(shares - mean)) / (total - 1) / total


def _bounded(area: float | None, error: float, z: float) -> float | None:
    if area is None or math.isnan(error):
        return None
    return min(1.0, max(0.0, area + z * error))


def _share(correct: Vector, cases: Vector, chosen: Vector) -> float | None:
    if not cases[chosen].sum():
        return None
    return float(np.average(correct[chosen], weights=cases[chosen]))
