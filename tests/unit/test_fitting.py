"""The logistic fit against closed forms, and what it says of columns it cannot fit."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from ml.fitting import LogisticFit, NotFittableError, fit_logistic

Vector = npt.NDArray[np.float64]

# Exposed: 30 of 50 withdraw; not exposed: 20 of 80.
A, B, C, D = 30, 20, 20, 60


def table(*cells: tuple[int, float, tuple[float, ...]]) -> tuple[Vector, Vector]:
    """(n, outcome, columns) n times over, as outcome (cases,) and columns."""
    outcome = [y for n, y, _ in cells for _ in range(n)]
    columns = [x for n, _, x in cells for _ in range(n)]
    return np.array(outcome, dtype=float), np.array(columns, dtype=float)


def two_by_two() -> tuple[Vector, Vector]:
    return table((A, 1, (1,)), (B, 0, (1,)), (C, 1, (0,)), (D, 0, (0,)))


def test_a_two_by_two_table_gives_the_cross_product_ratio_and_woolfs_error() -> None:
    fit = fit_logistic(*two_by_two())
    assert fit.coefficients[0] == pytest.approx(math.log(A * D / (B * C)), rel=1e-9)
    woolf = math.sqrt(1 / A + 1 / B + 1 / C + 1 / D)
    assert fit.std_errors[0] == pytest.approx(woolf, rel=1e-6)
    assert fit.converged
    assert fit.notes == {}
    assert fit.kept.all()


def test_a_two_by_two_table_is_fitted_exactly() -> None:
    outcome, columns = two_by_two()
    fit = fit_logistic(outcome, columns)
    exposed = columns[:, 0] == 1
    np.testing.assert_allclose(fit.fitted[exposed], A / (A + B), rtol=1e-9)
    np.testing.assert_allclose(fit.fitted[~exposed], C / (C + D), rtol=1e-9)
    likelihood = sum(
        n * math.log(p)
        for n, p in (
            (A, A / (A + B)),
            (B, B / (A + B)),
            (C, C / (C + D)),
            (D, D / (C + D)),
        )
    )
    assert fit.log_likelihood == pytest.approx(likelihood, rel=1e-9)


def test_without_columns_every_case_has_the_overall_share() -> None:
    outcome, _ = two_by_two()
    fit = fit_logistic(outcome, np.empty((outcome.size, 0)))
    share = (A + C) / (A + B + C + D)
    np.testing.assert_allclose(fit.fitted, share, rtol=1e-9)
    assert fit.coefficients.shape == (0,)
    assert fit.log_likelihood == pytest.approx(fit.null_log_likelihood)
    assert fit.nagelkerke_r2 == pytest.approx(0, abs=1e-12)


def test_categories_against_one_reference_give_each_its_own_ratio() -> None:
    outcome, columns = table(
        (10, 1, (1, 0)),
        (30, 0, (1, 0)),
        (25, 1, (0, 1)),
        (15, 0, (0, 1)),
        (20, 1, (0, 0)),
        (40, 0, (0, 0)),
    )
    fit = fit_logistic(outcome, columns)
    np.testing.assert_allclose(
        np.exp(fit.coefficients), [(10 / 30) / (20 / 40), (25 / 15) / (20 / 40)]
    )


def test_nagelkerke_is_cox_and_snell_over_its_largest_value() -> None:
    # 40 cases, half withdraw; by the column 15 of 20 and 5 of 20.
    outcome, columns = table((15, 1, (1,)), (5, 0, (1,)), (5, 1, (0,)), (15, 0, (0,)))
    null = 40 * math.log(0.5)
    model = 2 * (15 * math.log(0.75) + 5 * math.log(0.25))
    cox_snell = 1 - math.exp((null - model) * 2 / 40)
    fit = fit_logistic(outcome, columns)
    assert fit.null_log_likelihood == pytest.approx(null)
    assert fit.nagelkerke_r2 == pytest.approx(cox_snell / (1 - 0.25), rel=1e-9)
    assert fit.nagelkerke_r2 == pytest.approx(0.3069, abs=5e-5)


def with_column(extra: Vector) -> LogisticFit:
    outcome, columns = two_by_two()
    return fit_logistic(outcome, np.column_stack([columns, extra]))


def unaffected(fit: LogisticFit) -> None:
    """The first column is fitted as if the second were not there."""
    assert fit.coefficients[0] == pytest.approx(math.log(A * D / (B * C)), rel=1e-9)
    assert math.isnan(fit.coefficients[1])
    assert math.isnan(fit.std_errors[1])


def test_a_column_without_cases_is_named_and_left_out() -> None:
    fit = with_column(np.zeros(A + B + C + D))
    assert fit.notes == {1: "no cases"}
    assert fit.kept.all()
    unaffected(fit)


def test_a_column_that_every_case_has_is_named_and_left_out() -> None:
    fit = with_column(np.ones(A + B + C + D))
    assert fit.notes == {1: "every case"}
    unaffected(fit)


def test_a_column_that_says_the_same_as_another_is_named_and_left_out() -> None:
    _, columns = two_by_two()
    fit = with_column(columns[:, 0])
    assert fit.notes == {1: "a combination of other columns"}
    unaffected(fit)


def test_a_column_that_is_all_the_others_taken_together_is_named_and_left_out() -> None:
    outcome, columns = table(
        (10, 1, (1, 0, 0)),
        (30, 0, (1, 0, 0)),
        (25, 1, (0, 1, 0)),
        (15, 0, (0, 1, 0)),
        (20, 1, (0, 0, 1)),
        (40, 0, (0, 0, 1)),
    )
    fit = fit_logistic(outcome, columns)
    assert fit.notes == {2: "a combination of other columns"}
    assert np.isfinite(fit.coefficients[:2]).all()


def test_a_column_whose_cases_never_withdraw_leaves_with_its_cases() -> None:
    outcome, columns = two_by_two()
    never = np.zeros((7, 2))
    never[:, 1] = 1
    columns = np.vstack([np.column_stack([columns, 0 * outcome]), never])
    fit = fit_logistic(np.append(outcome, np.zeros(7)), columns)
    assert fit.notes == {1: "no withdrawals; its cases are left out"}
    assert list(fit.kept) == [True] * (A + B + C + D) + [False] * 7
    assert np.isnan(fit.fitted[-7:]).all()
    unaffected(fit)


def test_a_column_whose_cases_all_withdraw_leaves_with_its_cases() -> None:
    outcome, columns = two_by_two()
    always = np.zeros((7, 2))
    always[:, 1] = 1
    columns = np.vstack([np.column_stack([columns, 0 * outcome]), always])
    fit = fit_logistic(np.append(outcome, np.ones(7)), columns)
    assert fit.notes == {1: "only withdrawals; its cases are left out"}
    assert fit.kept.sum() == A + B + C + D
    unaffected(fit)


def test_cases_that_leave_can_empty_another_column() -> None:
    # Every case of the third column is one of the second, whose cases never withdraw.
    outcome, columns = two_by_two()
    columns = np.column_stack([columns, 0 * outcome, 0 * outcome])
    both = np.tile([0.0, 1.0, 1.0], (5, 1))
    alone = np.tile([0.0, 1.0, 0.0], (5, 1))
    fit = fit_logistic(
        np.append(outcome, np.zeros(10)), np.vstack([columns, both, alone])
    )
    assert set(fit.notes) == {1, 2}
    assert fit.kept.sum() == A + B + C + D
    assert fit.coefficients[0] == pytest.approx(math.log(A * D / (B * C)), rel=1e-9)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_an_outcome_that_never_varies_cannot_be_fitted(value: float) -> None:
    _, columns = two_by_two()
    with pytest.raises(NotFittableError, match="same outcome"):
        fit_logistic(np.full(columns.shape[0], value), columns)


def test_no_cases_cannot_be_fitted() -> None:
    with pytest.raises(NotFittableError, match="same outcome"):
        fit_logistic(np.empty(0), np.empty((0, 2)))


def test_columns_that_tell_the_outcome_together_cannot_be_fitted() -> None:
    # Each column alone varies, but only cases with both withdraw.
    outcome, columns = table(
        (10, 1, (1, 1)), (10, 0, (1, 0)), (10, 0, (0, 1)), (10, 0, (0, 0))
    )
    with pytest.raises(NotFittableError, match="separation"):
        fit_logistic(outcome, columns)


def test_a_column_that_tells_every_outcome_cannot_be_fitted() -> None:
    outcome, columns = table((20, 1, (1,)), (20, 0, (0,)))
    with pytest.raises(NotFittableError):
        fit_logistic(outcome, columns)


def test_columns_that_tell_some_outcomes_together_cannot_be_fitted() -> None:
    # Quasi-separation: cases with both columns always withdraw, the others vary.
    outcome, columns = table(
        (12, 1, (1, 1)),
        (10, 1, (1, 0)),
        (10, 0, (1, 0)),
        (10, 1, (0, 1)),
        (10, 0, (0, 1)),
        (5, 1, (0, 0)),
        (15, 0, (0, 0)),
    )
    interaction = columns[:, 0] * columns[:, 1]
    fit = fit_logistic(outcome, columns)
    assert np.isfinite(fit.coefficients).all()
    fit = fit_logistic(outcome, np.column_stack([columns, interaction]))
    assert fit.notes == {2: "only withdrawals; its cases are left out"}


def test_the_order_of_cases_and_columns_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    columns = rng.integers(0, 2, (300, 4)).astype(float)
    outcome = (rng.random(300) < 0.3 + 0.3 * columns[:, 2]).astype(float)
    fit = fit_logistic(outcome, columns)
    cases, order = rng.permutation(300), [3, 1, 0, 2]
    other = fit_logistic(outcome[cases], columns[cases][:, order])
    np.testing.assert_allclose(other.coefficients, fit.coefficients[order], rtol=1e-8)
    np.testing.assert_allclose(other.std_errors, fit.std_errors[order], rtol=1e-6)
    assert other.log_likelihood == pytest.approx(fit.log_likelihood)


def test_the_fit_is_statsmodels_logit_to_the_last_digits() -> None:
    from statsmodels.api import Logit

    rng = np.random.default_rng(6)
    columns = (rng.random((20_000, 12)) < 0.3).astype(np.uint8)
    odds = np.exp(-0.4 + columns @ rng.normal(0, 0.5, 12))
    outcome = (rng.random(20_000) < odds / (1 + odds)).astype(float)
    fit = fit_logistic(outcome, columns)
    other = Logit(outcome, np.column_stack([np.ones(20_000), columns])).fit(disp=0)
    np.testing.assert_allclose(fit.coefficients, other.params[1:], atol=1e-9)
    np.testing.assert_allclose(fit.std_errors, other.bse[1:], rtol=1e-6)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-12)
    assert fit.null_log_likelihood == pytest.approx(other.llnull, rel=1e-10)


def test_counted_patterns_give_the_fit_of_the_cases_they_count() -> None:
    rng = np.random.default_rng(7)
    columns = (rng.random((5_000, 5)) < 0.4).astype(np.uint8)
    outcome = (rng.random(5_000) < 0.3 + 0.2 * columns[:, 0]).astype(float)
    patterns, counts = np.unique(
        np.column_stack([outcome, columns]), axis=0, return_counts=True
    )
    assert len(counts) <= 64
    fit = fit_logistic(outcome, columns)
    counted = fit_logistic(patterns[:, 0], patterns[:, 1:], counts)
    np.testing.assert_allclose(counted.coefficients, fit.coefficients, rtol=1e-9)
    np.testing.assert_allclose(counted.std_errors, fit.std_errors, rtol=1e-9)
    assert counted.cases == 5_000
    assert counted.nagelkerke_r2 == pytest.approx(fit.nagelkerke_r2, rel=1e-9)
