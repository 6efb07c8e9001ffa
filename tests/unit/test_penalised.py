"""Penalised paths: optimal, in raw units, blended as stated, chosen on unseen cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.fitting import NotFittableError, fit_logistic, probability
from ml.measures import area_under_curve
from ml.model_cases import CasesInMemory, Vector
from ml.penalised import (
    Tuned,
    areas_under_curves,
    blended,
    default_penalties,
    fit_path,
    linear_predictor,
    relaxed,
    tune,
)

MIXINGS = (0.0, 0.5, 1.0)
ROWS = 900


@pytest.fixture(scope="module")
def cases() -> tuple[Vector, Vector]:
    """A three-level variable in full, a yes/no in full, four counts, a constant."""
    rng = np.random.default_rng(3)
    level, is_yes = rng.integers(0, 3, ROWS), rng.random(ROWS) < 0.4
    counts = rng.poisson([1, 3, 5, 2], (ROWS, 4)) * [1, 20, 0.01, 1]
    matrix = np.column_stack(
        [*(level == one for one in range(3)), is_yes, ~is_yes, counts, np.ones(ROWS)]
    ).astype(float)
    effects = [0.9, 0, -0.6, 0.7, 0, 0.4, -0.01, 0, 0, 0]
    outcome = rng.random(ROWS) < probability(matrix @ effects - 0.6)
    return matrix, outcome.astype(float)


@pytest.fixture(scope="module")
def folds() -> Vector:
    return np.random.default_rng(6).permutation(np.arange(ROWS) % 5)


@pytest.fixture(scope="module")
def tuned(cases: tuple[Vector, Vector], folds: Vector) -> Tuned:
    return tune(*cases, folds, (0.5, 1.0), (0.0, 0.25, 1.0))


# The path


@pytest.mark.parametrize("mixing", MIXINGS)
def test_every_fit_is_optimal_by_its_slopes(
    cases: tuple[Vector, Vector], mixing: float
) -> None:
    # Karush, Kuhn and Tucker: the slope of the mean log-likelihood is the penalty's
    # where a column is selected, and not above the lasso's part where it isn't.
    matrix, outcome = cases
    path = fit_path(matrix, outcome, mixing)
    spread = matrix.std(axis=0)
    varies = spread > 0
    for penalty, estimate in zip(path.penalties, path.coefficients, strict=True):
        residual = outcome - probability(linear_predictor(matrix, estimate))
        assert residual.mean() == pytest.approx(0, abs=1e-6)
        slopes = (matrix[:, varies].T @ residual / ROWS) / spread[varies]
        scaled = estimate[1:][varies] * spread[varies]
        slopes -= penalty * (1 - mixing) * scaled
        used = scaled != 0
        wanted = penalty * mixing * np.sign(scaled[used])
        np.testing.assert_allclose(slopes[used], wanted, atol=1e-6)
        assert (np.abs(slopes[~used]) <= penalty * mixing + 1e-6).all()


@pytest.mark.parametrize("mixing", [0.3, 1.0])
def test_the_largest_penalty_selects_nothing_and_the_next_something(
    cases: tuple[Vector, Vector], mixing: float
) -> None:
    path = fit_path(*cases, mixing)
    assert path.penalties.size == 100
    assert path.penalties[-1] == pytest.approx(path.penalties[0] * 1e-4)
    selected = path.selected.sum(axis=1)
    assert selected[0] == 0
    assert selected[1] > 0
    chance = cases[1].mean()
    assert path.coefficients[0, 0] == pytest.approx(np.log(chance / (1 - chance)))


def test_coefficients_are_in_the_columns_own_units(
    cases: tuple[Vector, Vector],
) -> None:
    matrix, outcome = cases
    penalties = default_penalties(matrix, outcome, 0.7)[::20]
    units = np.geomspace(0.01, 100, matrix.shape[1])
    plain = fit_path(matrix, outcome, 0.7, penalties).coefficients[:, 1:]
    scaled = fit_path(matrix * units, outcome, 0.7, penalties).coefficients[:, 1:]
    np.testing.assert_allclose(scaled * units, plain, atol=1e-4)


def test_of_two_columns_that_complement_each_other_a_lasso_uses_the_earlier(
    cases: tuple[Vector, Vector],
) -> None:
    path = fit_path(*cases, 1.0)
    assert path.selected[-1, 3]
    assert not path.selected[:, 4].any()
    # With some ridge they share the effect; by the end of the path there is hardly any.
    shared = fit_path(*cases, 0.5).coefficients[:60]
    assert shared[-1, 4] > 0.1
    np.testing.assert_allclose(shared[:, 4], -shared[:, 5], atol=1e-3)


def test_a_column_that_does_not_vary_has_no_coefficient(
    cases: tuple[Vector, Vector],
) -> None:
    for mixing in MIXINGS:
        path = fit_path(*cases, mixing)
        assert not path.coefficients[:, -1].any()
        assert not relaxed(path, *cases).coefficients[:, -1].any()


def test_penalties_given_in_any_order_fall(cases: tuple[Vector, Vector]) -> None:
    path = fit_path(*cases, 1.0, [0.01, 0.1, 0.03])
    assert path.penalties.tolist() == [0.1, 0.03, 0.01]
    assert path.selected.sum(axis=1).tolist() == sorted(path.selected.sum(axis=1))


def test_what_cannot_be_fitted_is_refused(cases: tuple[Vector, Vector]) -> None:
    matrix, outcome = cases
    with pytest.raises(NotFittableError, match="does not vary"):
        fit_path(matrix, np.ones(ROWS), 1.0)
    with pytest.raises(NotFittableError, match="no column varies"):
        fit_path(np.ones((ROWS, 2)), outcome, 1.0)
    with pytest.raises(ValueError, match="not within 0-1"):
        fit_path(matrix, outcome, 1.5)


# The relaxed fit


def test_a_refit_is_the_maximum_likelihood_of_the_columns_selected(
    cases: tuple[Vector, Vector],
) -> None:
    matrix, outcome = cases
    path = fit_path(matrix, outcome, 1.0)
    refits = relaxed(path, matrix, outcome).coefficients
    for row in (5, 20, 40):
        used = path.selected[row]
        plain = fit_logistic(CasesInMemory.of(outcome, matrix[:, used]))
        found = refits[row][np.concatenate([[True], used])]
        np.testing.assert_allclose(found, plain.estimate, atol=1e-5)
        assert not refits[row, 1:][~used].any()


def test_a_blend_lies_between_the_refitted_and_the_penalised(
    cases: tuple[Vector, Vector],
) -> None:
    path = fit_path(*cases, 1.0, [0.05, 0.01])
    refits = relaxed(path, *cases)
    np.testing.assert_array_equal(blended(path, refits, 1), path.coefficients)
    np.testing.assert_array_equal(blended(path, refits, 0), refits.coefficients)
    middle = (path.coefficients + refits.coefficients) / 2
    np.testing.assert_allclose(blended(path, refits, 0.5), middle)


def test_a_column_that_tells_the_outcome_has_a_finite_refit() -> None:
    outcome = np.repeat([0.0, 1], 50)
    rng = np.random.default_rng(1)
    matrix = np.column_stack([outcome * (rng.random(100) < 0.5), rng.normal(size=100)])
    path = fit_path(matrix, outcome, 1.0, [0.02])
    refit = relaxed(path, matrix, outcome).coefficients
    assert np.isfinite(refit).all()
    assert refit[0, 1] > 5


# Tuning


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), rows=st.integers(4, 50))
def test_areas_of_many_columns_are_those_of_each(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    predicted = rng.integers(0, 8, (rows, 3)) / 8
    outcome = (rng.random(rows) < 0.5).astype(float)
    outcome[:2] = [0, 1]
    expected = [
        area_under_curve(outcome, column, np.ones(rows))[0] for column in predicted.T
    ]
    found = areas_under_curves(outcome, predicted)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_curve_has_every_fit_and_the_best_has_the_largest_area(
    tuned: Tuned,
) -> None:
    assert len(tuned.curve) == 2 * 3 * 100
    assert tuned.best.auc == tuned.curve["auc"].max()
    least = tuned.best.auc - tuned.best.auc_std_error
    simpler = tuned.one_std_error
    assert simpler.mixing == tuned.best.mixing
    assert simpler.penalty >= tuned.best.penalty
    assert simpler.selected <= tuned.best.selected
    assert simpler.auc >= least
    beyond = tuned.curve.query(
        "mixing == @simpler.mixing and penalty > @simpler.penalty"
    )
    assert (beyond["auc"] < least).all()


def test_an_area_of_the_curve_is_the_mean_over_folds_by_their_rows(
    cases: tuple[Vector, Vector], folds: Vector, tuned: Tuned
) -> None:
    matrix, outcome = cases
    row = tuned.curve.query("mixing == 1 and blend == 0.25").iloc[30]
    areas = []
    for name in np.unique(folds):
        training, unseen = folds != name, folds == name
        path = fit_path(matrix[training], outcome[training], 1.0, [row["penalty"]])
        refits = relaxed(path, matrix[training], outcome[training])
        predicted = linear_predictor(matrix[unseen], blended(path, refits, 0.25))
        areas.append(areas_under_curves(outcome[unseen], predicted)[0])
    assert row["auc"] == pytest.approx(np.mean(areas), abs=1e-4)
    error = np.std(areas, ddof=1) / np.sqrt(len(areas))
    assert row["auc_std_error"] == pytest.approx(error, abs=1e-4)


def test_the_coefficients_chosen_are_fitted_on_all_cases(
    cases: tuple[Vector, Vector], tuned: Tuned
) -> None:
    best = tuned.best
    path = fit_path(*cases, best.mixing)
    found = blended(path, relaxed(path, *cases), best.blend)
    row = path.penalties.tolist().index(best.penalty)
    np.testing.assert_allclose(tuned.best_coefficients, found[row], atol=1e-8)
    assert (tuned.best_coefficients[1:] != 0).sum() == best.selected


def test_processes_side_by_side_find_the_same(
    cases: tuple[Vector, Vector], folds: Vector
) -> None:
    alone, together = (
        tune(*cases, folds, [1.0], [1.0], penalties=[0.05, 0.01], jobs=jobs)
        for jobs in (1, 2)
    )
    assert together.best == alone.best
    np.testing.assert_allclose(together.best_coefficients, alone.best_coefficients)


def test_a_fold_with_one_outcome_or_with_all_of_one_is_refused(
    cases: tuple[Vector, Vector],
) -> None:
    matrix, outcome = cases
    for folds in (outcome, np.where(outcome == 1, 0, np.arange(ROWS) % 2)):
        with pytest.raises(NotFittableError, match="single outcome"):
            tune(matrix, outcome, folds, [1.0])
