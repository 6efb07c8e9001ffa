"""Selection in halves of the cases: causes always, idle columns seldom, by the seed."""

from __future__ import annotations

import numpy as np
import pytest

from ml.fitting import NotFittableError, probability
from ml.model_cases import Vector
from ml.penalised import fit_path
from ml.selection_stability import Stability, selection_stability

CAUSES = 3
PENALTY = 0.03


@pytest.fixture(scope="module")
def cases() -> tuple[Vector, Vector]:
    """Twenty columns, of which the first three act."""
    rng = np.random.default_rng(4)
    matrix = rng.normal(size=(1_201, 20))
    log_odds = matrix[:, :CAUSES] @ [1.0, -1.0, 0.8] - 0.5
    return matrix, (rng.random(1_201) < probability(log_odds)).astype(float)


@pytest.fixture(scope="module")
def found(cases: tuple[Vector, Vector]) -> Stability:
    return selection_stability(*cases, 1.0, PENALTY, seed=1, pairs=15)


def test_causes_are_selected_in_every_half_and_idle_columns_less(
    found: Stability,
) -> None:
    assert found.halves == 30
    assert found.share[:CAUSES].tolist() == [1, 1, 1]
    assert found.share[CAUSES:].max() < 0.8
    assert 0 < found.share[CAUSES:].mean() < 0.4


def test_the_same_seed_draws_the_same_halves(
    cases: tuple[Vector, Vector], found: Stability
) -> None:
    again = selection_stability(*cases, 1.0, PENALTY, seed=1, pairs=15)
    np.testing.assert_array_equal(again.share, found.share)


def test_a_larger_penalty_selects_fewer_and_one_too_large_nothing(
    cases: tuple[Vector, Vector], found: Stability
) -> None:
    stricter = selection_stability(*cases, 1.0, 2 * PENALTY, seed=1, pairs=15)
    assert stricter.selected < found.selected
    assert selection_stability(*cases, 1.0, 1.0, seed=1, pairs=1).selected == 0


def test_two_halves_share_no_case() -> None:
    # The only event can be in one half: the other has a single outcome.
    matrix, outcome = np.arange(8.0)[:, np.newaxis] % 3, np.array([1.0] + [0] * 7)
    for seed in range(5):
        with pytest.raises(NotFittableError, match="does not vary"):
            selection_stability(matrix, outcome, 1.0, 0.01, seed=seed, pairs=1)


def test_the_bound_on_idle_columns_is_the_papers() -> None:
    share = np.array([1.0, 1, 0.5, 0.5] + [0.0] * 6)
    stability = Stability(share, halves=100, coefficients=np.zeros((100, 11)))
    assert stability.selected == 3
    assert stability.false_selections(0.9) == pytest.approx(9 / (0.8 * 10))
    with pytest.raises(ValueError, match="not above"):
        stability.false_selections(0.5)


def test_a_blend_changes_coefficients_and_selects_the_same(
    cases: tuple[Vector, Vector], found: Stability
) -> None:
    relaxed = selection_stability(*cases, 1.0, PENALTY, seed=1, pairs=15, blend=0.0)
    np.testing.assert_array_equal(relaxed.share, found.share)
    assert found.coefficients.shape == (30, 21)
    grown = np.abs(relaxed.coefficients[:, 1 : CAUSES + 1]) > (
        np.abs(found.coefficients[:, 1 : CAUSES + 1])
    )
    assert grown.all()


def test_a_band_holds_its_share_of_the_halves_at_every_point() -> None:
    # The second column's coefficients are 0 to 100; the curve is once and twice it.
    coefficients = np.column_stack([np.zeros(101), np.full(101, 7.0), np.arange(101.0)])
    stability = Stability(np.ones(2), 101, coefficients)
    low, high = stability.band(np.array([[1.0], [2.0]]), [1], 0.9)
    np.testing.assert_allclose(low, [5, 10])
    np.testing.assert_allclose(high, [95, 190])


def test_halves_differ_from_all_as_much_as_samples_differ_from_each_other(
    cases: tuple[Vector, Vector],
) -> None:
    """The spread of a coefficient over halves is near its standard error."""
    rng = np.random.default_rng(8)
    fits = []
    for _ in range(60):
        matrix = rng.normal(size=(1_200, 3))
        log_odds = matrix @ [1.0, -1.0, 0.8] - 0.5
        outcome = (rng.random(1_200) < probability(log_odds)).astype(float)
        fits.append(fit_path(matrix, outcome, 1.0, [0.002]).coefficients[0])
    halves = selection_stability(
        matrix, outcome, 1.0, 0.002, seed=1, pairs=60
    ).coefficients
    ratio = halves.std(axis=0) / np.array(fits).std(axis=0)
    assert abs(np.log(ratio)).max() < np.log(1.35)
