"""Does the fit give back odds ratios that were planted?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.drivers import Z_95
from ml.fitting import LogisticFit, fit_logistic
from simulator import draw_plain_cases
from simulator.effects import Effect
from simulator.plain import planted

SEEDS = range(101, 113)
CASES = 4_000


def fit(seed: int, effects: tuple[Effect, ...]) -> LogisticFit:
    """Model 3's variables on one plain data set, cases with a suspect."""
    cases: pd.DataFrame = draw_plain_cases(CASES, seed)
    cases = cases[cases.is_suspect_recorded]
    columns = np.column_stack(
        [cases[effect.variable] == effect.category for effect in effects]
    )
    outcome = cases.is_victim_withdrawal.to_numpy(dtype=np.float64)
    return fit_logistic(outcome, columns.astype(np.float64))


@pytest.fixture(scope="module")
def distances() -> np.ndarray:
    """How many standard errors each estimate lies from the truth: (seeds, effects)."""
    effects = planted()
    truth = np.array([effect.coefficient for effect in effects])
    found = []
    for seed in SEEDS:
        fitted = fit(seed, effects)
        assert fitted.converged
        assert fitted.notes == {}
        found.append((fitted.coefficients - truth) / fitted.std_errors)
    return np.array(found)


def test_about_95_in_100_intervals_hold_what_was_planted(distances: np.ndarray) -> None:
    assert distances.size > 400
    inside = np.abs(distances) <= Z_95
    assert 0.90 <= inside.mean() <= 0.99


def test_no_coefficient_is_missed_by_most_data_sets(distances: np.ndarray) -> None:
    inside = np.abs(distances) <= Z_95
    assert (inside.mean(axis=0) > 0.5).all()


def test_the_estimates_lie_on_both_sides_of_the_truth(distances: np.ndarray) -> None:
    assert abs(distances.mean()) < 0.2
    assert 0.85 < distances.std() < 1.15
