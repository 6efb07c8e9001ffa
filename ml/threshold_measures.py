"""The violent-crime study's measures of a model, at a threshold and without one.

Its appendix 7.5 has the names of R's caret (`confusionMatrix`) and hmeasure, and so
have the fields here. A probability above the threshold counts as the event (section 5).
A measure that cannot be estimated is None: its denominator is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.model_cases import Vector
from ml.roc import RocCurve, roc_curve

# As printed in 7.5.
THRESHOLDS = (0.2, 0.5, 0.8)


@dataclass(frozen=True)
class Confusion:
    """Cases, or shares of them, by outcome and by whether they were flagged."""

    true_positives: float
    false_positives: float
    false_negatives: float
    true_negatives: float


@dataclass(frozen=True)
class ThresholdMeasures:
    """Measures that 7.5 prints by threshold; shares 0-1, kappa and youden from -1.

    Detection: events flagged of all cases; its prevalence: cases flagged of all.
    `f1_sensitivity_specificity` is their harmonic mean; `er` the share wrong.
    """

    accuracy: float | None
    kappa: float | None
    sensitivity: float | None
    specificity: float | None
    positive_predictive_value: float | None
    negative_predictive_value: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    prevalence: float | None
    detection_rate: float | None
    detection_prevalence: float | None
    balanced_accuracy: float | None
    f1_sensitivity_specificity: float | None
    er: float | None
    youden: float | None


@dataclass(frozen=True)
class OverallMeasures:
    """Measures that 7.5 prints for any threshold; None where the outcome does not vary.

    `h`: Hand's (2009), with the weights that R's hmeasure takes by default, Beta
    (2, 1 + non-events / events): the most likely cost is the prevalence (Hand and
    Anagnostopoulos 2014). `auch`: area under the convex hull of the ROC curve. `ks`:
    Kolmogorov and Smirnov's largest difference of the rates. `mer`: smallest error
    rate of any threshold. `mwl`: smallest weighted loss, the costs as unequal as the
    outcomes, 2 x prevalence x (1 - prevalence) x (1 - ks).
    """

    h: float | None
    gini: float | None
    auc: float | None
    auch: float | None
    ks: float | None
    mer: float | None
    mwl: float | None


def confused(
    outcome: Vector, predicted: Vector, threshold: float
) -> dict[str, NDArray[np.bool_]]:
    """Cases of `outcome` (m,) in each cell, by whether `predicted` is above."""
    is_event, flagged = outcome == 1, predicted > threshold
    return {
        "true_positives": is_event & flagged,
        "false_positives": ~is_event & flagged,
        "false_negatives": is_event & ~flagged,
        "true_negatives": ~is_event & ~flagged,
    }


def confusion(outcome: Vector, predicted: Vector, threshold: float) -> Confusion:
    """Count cases of `outcome` (m,) by whether `predicted` (m,) is above."""
    cells = confused(outcome, predicted, threshold)
    return Confusion(**{name: float(cell.sum()) for name, cell in cells.items()})


def measure_at_threshold(counts: Confusion) -> ThresholdMeasures:
    """Every measure of a confusion matrix."""
    right_1, wrong_1 = counts.true_positives, counts.false_positives
    right_0, wrong_0 = counts.true_negatives, counts.false_negatives
    events, others = right_1 + wrong_0, right_0 + wrong_1
    flagged, cleared = right_1 + wrong_1, right_0 + wrong_0
    total = events + others
    by_chance = _ratio(events * flagged + others * cleared, total**2)
    accuracy = _ratio(right_1 + right_0, total)
    sensitivity, specificity = _ratio(right_1, events), _ratio(right_0, others)
    precision = _ratio(right_1, flagged)
    return ThresholdMeasures(
        accuracy=accuracy,
        kappa=_of(lambda a, c: _ratio(a - c, 1 - c), accuracy, by_chance),
        sensitivity=sensitivity,
        specificity=specificity,
        positive_predictive_value=precision,
        negative_predictive_value=_ratio(right_0, cleared),
        precision=precision,
        recall=sensitivity,
        f1=_ratio(2 * right_1, flagged + events),
        prevalence=_ratio(events, total),
        detection_rate=_ratio(right_1, total),
        detection_prevalence=_ratio(flagged, total),
        balanced_accuracy=_of(lambda a, b: (a + b) / 2, sensitivity, specificity),
        f1_sensitivity_specificity=_of(
            lambda a, b: _ratio(2 * a * b, a + b), sensitivity, specificity
        ),
        er=_ratio(wrong_1 + wrong_0, total),
        youden=_of(lambda a, b: a + b - 1, sensitivity, specificity),
    )


def measure_overall(outcome: Vector, predicted: Vector) -> OverallMeasures:
    """Every measure of probabilities (m,) that needs no threshold."""
    from hmeasure import h_score

    if outcome.size == 0 or outcome.min() == outcome.max():
        return OverallMeasures(None, None, None, None, None, None, None)
    curve = roc_curve(outcome, predicted)
    false_rate, true_rate = curve.hull
    prevalence = float(outcome.mean())
    ks = float((true_rate - false_rate).max())
    errors = prevalence * (1 - true_rate) + (1 - prevalence) * false_rate
    return OverallMeasures(
        h=float(h_score(outcome, predicted)),
        gini=2 * curve.area - 1,
        auc=curve.area,
        auch=curve.hull_area,
        ks=ks,
        mer=float(errors.min()),
        mwl=2 * prevalence * (1 - prevalence) * (1 - ks),
    )


def best_by_youden(curve: RocCurve) -> float:
    """The threshold with the largest Youden's index; the highest of several."""
    gains = curve.true_positive_rate - curve.false_positive_rate
    return float(curve.thresholds[gains.argmax()])


def best_by_cost(curve: RocCurve, prevalence: float, cost_ratio: float) -> float:
    """The threshold that costs least; the highest of several.

    `cost_ratio` is the cost of a missed event in false alarms.

    Raises ValueError unless it is above 0.
    """
    if cost_ratio <= 0:
        raise ValueError(f"the cost ratio is {cost_ratio}, not above 0")
    missed = cost_ratio * prevalence * (1 - curve.true_positive_rate)
    costs = missed + (1 - prevalence) * curve.false_positive_rate
    return float(curve.thresholds[_first_smallest(costs)])


def _first_smallest(costs: Vector) -> int:
    """Where the smallest is, costs that only rounding parts counted equal."""
    return int(np.argmax(costs <= costs.min() + 1e-12))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _of(
    compute: Callable[[float, float], float | None],
    first: float | None,
    second: float | None,
) -> float | None:
    """A measure of two others, None where one of them is."""
    if first is None or second is None:
        return None
    return compute(first, second)
