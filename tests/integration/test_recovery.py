"""Does the fit give back odds ratios that were planted, and none where none were?

Over SEEDS data sets of model 3's variables: large enough that what holds for many
cases holds (20 events for each coefficient), small enough to be fitted in a minute.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import binomtest, kstest, norm

from linkage.simulator import draw_plain_cases
from linkage.simulator.effects import Effect
from linkage.simulator.plain import planted
from ml.fitting import MAXIMUM_LIKELIHOOD, LogisticFit, fit_logistic
from ml.measures import Z_95
from ml.model_cases import CasesInMemory

Vector = npt.NDArray[np.float64]

SEEDS = range(101, 351)
CASES = 4_000
EFFECTS = planted()


def data_set(seed: int) -> tuple[Vector, npt.NDArray[np.uint8]]:
    """Outcome and columns of model 3's variables, of cases with a suspect."""
    cases: pd.DataFrame = draw_plain_cases(CASES, seed)
    cases = cases[cases.is_suspect_recorded]
    columns = np.column_stack([_is_in(cases, effect) for effect in EFFECTS])
    outcome = cases.is_victim_withdrawal.to_numpy(dtype=np.float64)
    return outcome, columns.astype(np.uint8)


def _is_in(cases: pd.DataFrame, effect: Effect) -> npt.NDArray[np.bool_]:
    return (cases[effect.variable] == effect.category).to_numpy()


def fitted(outcome: Vector, columns: npt.NDArray[np.uint8]) -> LogisticFit:
    fit = fit_logistic(
        CasesInMemory.of(outcome, columns), [effect.variable for effect in EFFECTS]
    )
    assert fit.method == MAXIMUM_LIKELIHOOD
    assert fit.notes == {}
    return fit


def _fits() -> Iterator[tuple[LogisticFit, LogisticFit]]:
    """Of each data set: as it is, and with its outcomes dealt out anew by chance."""
    for seed in SEEDS:
        outcome, columns = data_set(seed)
        dealt = np.random.default_rng(seed).permutation(outcome)
        yield fitted(outcome, columns), fitted(dealt, columns)


@pytest.fixture(scope="module")
def fits() -> list[tuple[LogisticFit, LogisticFit]]:
    return list(_fits())


@pytest.fixture(scope="module")
def distances(fits: list[tuple[LogisticFit, LogisticFit]]) -> Vector:
    """How many standard errors each estimate lies from the truth: (seeds, effects)."""
    truth = np.array([effect.coefficient for effect in EFFECTS])
    return np.array([(fit.coefficients - truth) / fit.std_errors for fit, _ in fits])


@pytest.fixture(scope="module")
def p_values(fits: list[tuple[LogisticFit, LogisticFit]]) -> Vector:
    """Of coefficients that are nought: (seeds, effects)."""
    z = np.array([fit.coefficients / fit.std_errors for _, fit in fits])
    values: Vector = 2 * norm.sf(np.abs(z))
    return values


def test_there_are_enough_data_sets_to_tell(distances: Vector) -> None:
    assert distances.shape[0] >= 200
    assert distances.shape[1] > 60


def test_95_in_100_intervals_hold_what_was_planted(distances: Vector) -> None:
    inside = np.abs(distances) <= Z_95
    assert 0.93 <= inside.mean() <= 0.97


def test_no_coefficient_is_missed_more_often_than_chance_allows(
    distances: Vector,
) -> None:
    inside = (np.abs(distances) <= Z_95).sum(axis=0)
    worst = min(
        binomtest(int(count), distances.shape[0], 0.95).pvalue for count in inside
    )
    assert worst > 0.001 / distances.shape[1]


def test_the_estimates_lie_on_both_sides_of_the_truth(distances: Vector) -> None:
    assert abs(distances.mean()) < 0.05
    assert distances.std() == pytest.approx(1, abs=0.05)


def test_where_nothing_was_planted_5_in_100_are_significant(p_values: Vector) -> None:
    assert 0.04 <= (p_values < 0.05).mean() <= 0.06
    assert 0.005 <= (p_values < 0.01).mean() <= 0.015


def test_where_nothing_was_planted_every_p_value_is_as_likely(
    p_values: Vector,
) -> None:
    by_effect = [kstest(p_values[:, j], "uniform").pvalue for j in range(len(EFFECTS))]
    # As many tests as effects: the smallest is by chance near 1 / their number.
    assert min(by_effect) > 0.01 / len(EFFECTS)
    assert kstest(by_effect, "uniform").pvalue > 0.01
