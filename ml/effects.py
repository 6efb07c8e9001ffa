"""Results of a fitted model for each column, beyond its coefficient.

One pass over the cases gives the probabilities, the average marginal effects and the
cluster-robust standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.stats import false_discovery_control

from ml.fitting import LogisticFit, probability, roots
from ml.model_cases import ModelCases, Vector

# From this share of events on an odds ratio is no risk ratio any more; its square root
# is nearer to one (VanderWeele 2017).
COMMON_OUTCOME = 0.15


@dataclass(frozen=True)
class Effects:
    """Of the columns used, (k,) each, in the order of `fit.estimate[1:]`.

    `marginal_effects` are differences of probability against the reference category,
    averaged over all cases (0.02 is two percentage points), with errors by the delta
    method. `cluster_std_errors` allow for cases of one borough being alike; NaN with
    fewer than two boroughs. `outcome`, `predicted` and `cases` are by row, (m,).
    """

    marginal_effects: Vector
    marginal_std_errors: Vector
    cluster_std_errors: Vector
    clusters: int
    outcome: Vector
    predicted: Vector
    cases: Vector


def find_effects(
    cases: ModelCases, fit: LogisticFit, variables: Sequence[str], clusters: int
) -> Effects:
    """Effects of a fit on the cases it is fitted on.

    `variables` gives the variable of each column used: a case has at
    most one category of each. `clusters` is the highest number of a borough.

    Marginal effects: Bartus (2005), with the other categories of the variable set to
    0. Robust errors: Liang and Zeger (1986), with G / (G - 1) for G boroughs.
    """
    names = list(dict.fromkeys(variables))
    own = np.array([names.index(name) for name in variables], dtype=np.int64)
    coefficients = fit.estimate[1:]
    k = coefficients.size
    # The part of each variable in the linear predictor, (k + 1, variables).
    by_variable = np.zeros((k + 1, len(names)))
    by_variable[np.arange(1, k + 1), own] = coefficients
    moved, slope_at_one = np.zeros(k), np.zeros(k)
    gradients = np.zeros((k + 1, k))
    scores = np.zeros((clusters + 1, k + 1))
    outcome, predicted, weights = [], [], []
    chosen = cases.select(fit.used)
    for block in chosen.blocks():
        linear = block.design @ fit.estimate
        fitted = probability(linear)
        outcome.append(block.outcome)
        predicted.append(fitted)
        weights.append(block.cases)
        residual = block.cases * (block.outcome - fitted)
        rows = np.arange(residual.size)
        scores += (
            sparse.csr_array(
                (residual, (block.borough_no, rows)), shape=(clusters + 1, rows.size)
            )
            @ block.design
        )
        without = linear[:, np.newaxis] - block.design @ by_variable
        at_zero = probability(without)
        at_one = probability(without[:, own] + coefficients)
        moved += block.cases @ at_one - (block.cases @ at_zero)[own]
        at_zero *= 1 - at_zero
        at_one *= 1 - at_one
        slope_at_one += block.cases @ at_one
        at_one -= at_zero[:, own]
        at_one *= block.cases[:, np.newaxis]
        gradients += block.design.T @ at_one
    # With a column set to 1 or 0, the other columns of its variable are 0.
    same = own[:, np.newaxis] == own[np.newaxis, :]
    gradients[1:][same] = 0
    gradients[np.arange(1, k + 1), np.arange(k)] = slope_at_one
    total = fit.cases
    variance = (gradients * (fit.covariance @ gradients)).sum(axis=0)
    errors, number = _cluster_errors(scores, fit.covariance)
    return Effects(
        marginal_effects=moved / total,
        marginal_std_errors=roots(variance) / total,
        cluster_std_errors=errors,
        clusters=number,
        outcome=np.concatenate(outcome),
        predicted=np.concatenate(predicted),
        cases=np.concatenate(weights),
    )


def e_value(ratio: float, share_of_events: float) -> float:
    """Strength of an unrecorded cause that would explain a ratio away.

    On the scale of risk ratios, with driver and with outcome alike: VanderWeele and
    Ding (2017). 1 means that nothing is needed.
    """
    risk = max(ratio, 1 / ratio)
    if share_of_events >= COMMON_OUTCOME:
        risk = math.sqrt(risk)
    return risk + math.sqrt(risk * (risk - 1))


def e_value_of_bound(low: float, high: float, share_of_events: float) -> float:
    """E-value of the bound nearer to 1; 1 where the interval holds 1."""
    if low <= 1 <= high:
        return 1.0
    return e_value(low if low > 1 else high, share_of_events)


def adjusted(p_values: Sequence[float], method: str) -> Vector:
    """p-values adjusted for their number: `holm` or `fdr_bh`; NaN stays out."""
    values = np.asarray(p_values, dtype=np.float64)
    known = ~np.isnan(values)
    result = np.full(values.size, np.nan)
    if known.any():
        result[known] = _ADJUSTMENTS[method](values[known])
    return result


def _holm(p_values: Vector) -> Vector:
    """Holm (1979): the smallest times their number, the next times one less, ...

    statsmodels has it, but collects the garbage of the whole process each time: half a
    second for each model of a run.
    """
    order = np.argsort(p_values)
    steps = p_values[order] * np.arange(p_values.size, 0, -1)
    result = np.empty_like(p_values)
    result[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return result


_ADJUSTMENTS = {"holm": _holm, "fdr_bh": false_discovery_control}


def _cluster_errors(scores: Vector, covariance: Vector) -> tuple[Vector, int]:
    present = scores[np.any(scores != 0, axis=1)]
    number = present.shape[0]
    if number < 2:
        return np.full(covariance.shape[0] - 1, np.nan), number
    meat = present.T @ present * number / (number - 1)
    return roots(np.diag(covariance @ meat @ covariance))[1:], number
