"""The logistic fit against closed forms, and what it says of columns it cannot fit."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.fitting import (
    FIRTH,
    MAXIMUM_LIKELIHOOD,
    STAND_IN,
    THINNED_ROWS,
    TOGETHER,
    LogisticFit,
    NotFittableError,
    fit_logistic,
    probability,
)
from ml.model_cases import CasesInMemory

Vector = npt.NDArray[np.float64]

# Exposed: 30 of 50 withdraw; not exposed: 20 of 80.
A, B, C, D = 30, 20, 20, 60
LOG_ODDS_RATIO = math.log(A * D / (B * C))
NO_EVENTS = "no events; penalised estimate"
ONLY_EVENTS = "only events; penalised estimate"

Cell = tuple[int, float, tuple[float, ...]]
TWO_BY_TWO: tuple[Cell, ...] = (
    (A, 1, (1,)),
    (B, 0, (1,)),
    (C, 1, (0,)),
    (D, 0, (0,)),
)
# Three categories of one variable, none of which is left out.
EVERY_CATEGORY: tuple[Cell, ...] = (
    (10, 1, (1, 0, 0)),
    (30, 0, (1, 0, 0)),
    (25, 1, (0, 1, 0)),
    (55, 0, (0, 1, 0)),
    (20, 1, (0, 0, 1)),
    (15, 0, (0, 0, 1)),
)


def counted(*cells: Cell) -> CasesInMemory:
    """(n, outcome, columns): a row that stands for n cases."""
    counts, outcome, columns = zip(*cells, strict=True)
    return CasesInMemory.of(outcome, columns, counts)


def table(*cells: Cell) -> CasesInMemory:
    """(n, outcome, columns): n rows of one case."""
    return repeated(counted(*cells))


def repeated(cases: CasesInMemory) -> CasesInMemory:
    """A row for each case instead of a count."""
    times = cases.cases.astype(int)
    return CasesInMemory.of(
        np.repeat(cases.outcome, times), np.repeat(cases.design, times, axis=0)
    )


def drawn(seed: int, rows: int, coefficients: Vector, share: float = 0.4) -> Vector:
    """Outcome and columns, (rows, p + 1), with these log odds ratios."""
    rng = np.random.default_rng(seed)
    columns = (rng.random((rows, coefficients.size)) < share).astype(float)
    chance = probability(-0.4 + columns @ coefficients)
    return np.column_stack([(rng.random(rows) < chance).astype(float), columns])


def with_column(extra: npt.ArrayLike) -> LogisticFit:
    cases = table(*TWO_BY_TWO)
    design = np.column_stack([cases.design, np.asarray(extra)])
    return fit_logistic(CasesInMemory.of(cases.outcome, design))


def unaffected(fit: LogisticFit) -> None:
    """The first column is fitted as if the second were not there."""
    assert fit.method == MAXIMUM_LIKELIHOOD
    assert fit.coefficients[0] == pytest.approx(LOG_ODDS_RATIO, rel=1e-9)
    assert math.isnan(fit.coefficients[1])
    assert math.isnan(fit.std_errors[1])


def same_fit(one: LogisticFit, other: LogisticFit, tolerance: float) -> None:
    assert one.method == other.method
    assert one.notes == other.notes
    np.testing.assert_allclose(one.estimate, other.estimate, atol=tolerance)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-6, atol=1e-9)
    assert one.cases == other.cases
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-9)
    assert one.nagelkerke_r2 == pytest.approx(other.nagelkerke_r2, abs=1e-9)


# Maximum likelihood


def test_a_two_by_two_table_gives_the_cross_product_ratio_and_woolfs_error() -> None:
    fit = fit_logistic(table(*TWO_BY_TWO))
    assert fit.method == MAXIMUM_LIKELIHOOD
    assert fit.coefficients[0] == pytest.approx(LOG_ODDS_RATIO, rel=1e-9)
    woolf = math.sqrt(1 / A + 1 / B + 1 / C + 1 / D)
    assert fit.std_errors[0] == pytest.approx(woolf, rel=1e-8)
    assert fit.notes == {}


def test_a_two_by_two_table_is_fitted_exactly() -> None:
    fit = fit_logistic(table(*TWO_BY_TWO))
    exposed, others = probability(fit.estimate.sum()), probability(fit.estimate[0])
    assert exposed == pytest.approx(A / (A + B), rel=1e-9)
    assert others == pytest.approx(C / (C + D), rel=1e-9)
    shares = ((A, A / (A + B)), (B, B / (A + B)), (C, C / (C + D)), (D, D / (C + D)))
    likelihood = sum(n * math.log(share) for n, share in shares)
    assert fit.log_likelihood == pytest.approx(likelihood, rel=1e-9)


def test_without_columns_every_case_has_the_overall_share() -> None:
    cases = table(*TWO_BY_TWO)
    fit = fit_logistic(cases.select([]))
    share = (A + C) / (A + B + C + D)
    assert probability(fit.estimate[0]) == pytest.approx(share, rel=1e-9)
    assert fit.coefficients.shape == (0,)
    assert fit.log_likelihood == pytest.approx(fit.null_log_likelihood)
    assert fit.nagelkerke_r2 == pytest.approx(0, abs=1e-12)
    assert fit.mcfadden_r2 == pytest.approx(0, abs=1e-12)


def test_categories_against_one_reference_give_each_its_own_ratio() -> None:
    cases = table(*EVERY_CATEGORY)
    fit = fit_logistic(cases.select([0, 1]), ["a", "a"])
    np.testing.assert_allclose(
        np.exp(fit.coefficients), [(10 / 30) / (20 / 15), (25 / 55) / (20 / 15)]
    )


def test_nagelkerke_is_cox_and_snell_over_its_largest_value() -> None:
    # 40 cases, half withdraw; by the column 15 of 20 and 5 of 20.
    fit = fit_logistic(table((15, 1, (1,)), (5, 0, (1,)), (5, 1, (0,)), (15, 0, (0,))))
    null = 40 * math.log(0.5)
    model = 2 * (15 * math.log(0.75) + 5 * math.log(0.25))
    cox_snell = 1 - math.exp((null - model) * 2 / 40)
    assert fit.null_log_likelihood == pytest.approx(null)
    assert fit.nagelkerke_r2 == pytest.approx(cox_snell / (1 - 0.25), rel=1e-9)
    assert fit.nagelkerke_r2 == pytest.approx(0.3069, abs=5e-5)
    assert fit.mcfadden_r2 == pytest.approx(1 - model / null)


def test_the_fit_is_statsmodels_logit_to_the_last_digits() -> None:
    from statsmodels.api import Logit

    data = drawn(6, 20_000, np.random.default_rng(6).normal(0, 0.5, 12), 0.3)
    outcome, columns = data[:, 0], data[:, 1:]
    fit = fit_logistic(CasesInMemory.of(outcome, columns.astype(np.uint8)))
    other = Logit(outcome, np.column_stack([np.ones(20_000), columns])).fit(
        disp=0, tol=1e-12
    )
    np.testing.assert_allclose(fit.estimate, other.params, rtol=0, atol=1e-8)
    np.testing.assert_allclose(fit.std_errors, other.bse[1:], rtol=1e-8)
    assert fit.log_likelihood == pytest.approx(other.llf, rel=1e-12)
    assert fit.null_log_likelihood == pytest.approx(other.llnull, rel=1e-10)
    assert fit.mcfadden_r2 == pytest.approx(other.prsquared, rel=1e-9)


def test_a_rare_outcome_among_many_cases_still_has_a_maximum() -> None:
    fit = fit_logistic(
        counted((1, 1, (1,)), (27_000_000, 0, (1,)), (900, 1, (0,)), (1600, 0, (0,)))
    )
    assert fit.method == MAXIMUM_LIKELIHOOD
    ratio = math.log(1 / 27_000_000 / (900 / 1600))
    assert fit.coefficients[0] == pytest.approx(ratio, rel=1e-9)


# What has no estimate


def test_a_column_without_cases_is_named_and_left_out() -> None:
    fit = with_column(np.zeros(A + B + C + D))
    assert fit.notes == {1: "no cases"}
    unaffected(fit)


def test_a_column_that_every_case_has_is_named_and_left_out() -> None:
    fit = with_column(np.ones(A + B + C + D))
    assert fit.notes == {1: "every case"}
    unaffected(fit)


def test_a_column_that_says_the_same_as_another_is_named_and_left_out() -> None:
    fit = with_column(table(*TWO_BY_TWO).design[:, 0])
    assert fit.notes == {1: "a combination of other columns"}
    unaffected(fit)


def test_a_column_that_is_all_the_others_taken_together_is_named_and_left_out() -> None:
    fit = fit_logistic(table(*EVERY_CATEGORY))
    assert fit.notes == {2: "a combination of other columns"}
    assert np.isfinite(fit.coefficients[:2]).all()


def test_where_no_case_is_in_the_reference_the_largest_category_stands_in() -> None:
    fit = fit_logistic(table(*EVERY_CATEGORY), ["a", "a", "a"])
    assert fit.notes == {1: STAND_IN}
    assert fit.used == (0, 2)
    np.testing.assert_allclose(
        np.exp(fit.coefficients[[0, 2]]),
        [(10 / 30) / (25 / 55), (20 / 15) / (25 / 55)],
    )


def test_one_variable_has_a_stand_in_when_another_has_its_reference() -> None:
    cells = [(n, y, (*x, float(j % 2))) for j, (n, y, x) in enumerate(EVERY_CATEGORY)]
    more = [(n + 3, y, (*x, 1.0 - j % 2)) for j, (n, y, x) in enumerate(EVERY_CATEGORY)]
    fit = fit_logistic(table(*cells, *more), ["a", "a", "a", "b"])
    assert fit.notes == {1: STAND_IN}


@pytest.mark.parametrize("count", [2, 3, 5, 7])
def test_counts_tell_the_columns_that_cases_one_by_one_tell(count: int) -> None:
    # The root of a count squared is not the count again, to the last digit.
    nothing_left_out = [(count, y, x) for _, y, x in EVERY_CATEGORY]
    fit = fit_logistic(counted(*nothing_left_out), ["a", "a", "a"])
    assert fit.notes == {0: STAND_IN}
    fit = fit_logistic(
        counted(
            (count, 1, (1, 1)), (count, 1, (0, 1)), (count, 0, (0, 1)), (1, 0, (0, 1))
        )
    )
    assert fit.notes == {0: ONLY_EVENTS, 1: "every case"}
    np.testing.assert_array_equal(fit.screening.cases, [count, 3 * count + 1])


@pytest.mark.parametrize(
    ("value", "message"),
    [(0.0, "no case has the outcome"), (1.0, "every case has the outcome")],
)
def test_an_outcome_that_never_varies_cannot_be_fitted(
    value: float, message: str
) -> None:
    design = table(*TWO_BY_TWO).design
    with pytest.raises(NotFittableError, match=message):
        fit_logistic(CasesInMemory.of(np.full(design.shape[0], value), design))


def test_no_cases_cannot_be_fitted() -> None:
    with pytest.raises(NotFittableError, match="there is no case"):
        fit_logistic(CasesInMemory.of(np.empty(0), np.empty((0, 2))))


# Firth's penalised likelihood


@pytest.mark.parametrize(("outcome", "note"), [(0.0, NO_EVENTS), (1.0, ONLY_EVENTS)])
def test_a_column_that_tells_the_outcome_alone_is_fitted_penalised_and_named(
    outcome: float, note: str
) -> None:
    cells = [(n, y, (*x, 0.0)) for n, y, x in TWO_BY_TWO]
    fit = fit_logistic(table(*cells, (7, outcome, (0, 1))))
    assert fit.method == FIRTH
    assert fit.notes == {1: note}
    assert fit.grown == ()
    assert fit.cases == A + B + C + D + 7
    assert np.isfinite(fit.coefficients).all()
    assert (fit.coefficients[1] > 0) == (outcome == 1)


def test_a_table_with_an_empty_cell_gives_the_odds_ratio_with_half_a_case_more() -> (
    None
):
    a, b, c, d = 0, 12, 20, 40
    fit = fit_logistic(counted((b, 0, (1,)), (c, 1, (0,)), (d, 0, (0,))))
    assert fit.method == FIRTH
    ratio = math.log((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5)))
    assert fit.coefficients[0] == pytest.approx(ratio, abs=1e-7)
    # Error by the information at the estimate, whose shares have half a case more.
    share, other = 0.5 / (b + 1), (c + 0.5) / (c + d + 1)
    variance = 1 / (b * share * (1 - share)) + 1 / ((c + d) * other * (1 - other))
    assert fit.std_errors[0] == pytest.approx(math.sqrt(variance), rel=1e-6)


def test_columns_that_tell_every_outcome_together_are_fitted_penalised() -> None:
    # Each column alone varies, but all cases with both withdraw and no others.
    fit = fit_logistic(
        table((10, 1, (1, 1)), (10, 0, (1, 0)), (10, 0, (0, 1)), (10, 0, (0, 0)))
    )
    assert fit.method == FIRTH
    assert fit.screening.separated == {}
    assert fit.grown == (0, 1)
    assert fit.notes == {0: TOGETHER, 1: TOGETHER}
    assert (np.abs(fit.coefficients) < 10).all()


def test_columns_that_tell_some_outcomes_together_are_named_and_no_others() -> None:
    # With both of two columns all withdraw, with neither none, with one of them some.
    cells = [
        (n, y, (*x, z))
        for z in (0.0, 1.0)
        for n, y, x in (
            (12, 1, (1, 1)),
            (10, 1, (1, 0)),
            (14, 0, (1, 0)),
            (9, 1, (0, 1)),
            (10, 0, (0, 1)),
            (15, 0, (0, 0)),
        )
    ]
    fit = fit_logistic(table(*cells))
    assert fit.method == FIRTH
    assert fit.screening.separated == {}
    assert fit.grown == (0, 1)
    assert set(fit.notes) == {0, 1}


def test_a_reference_without_the_outcome_makes_its_variables_columns_grow() -> None:
    fit = fit_logistic(
        table(
            *((n, y, x[:2]) for n, y, x in EVERY_CATEGORY if not (x[2] and y)),
        ),
        ["a", "a"],
    )
    assert fit.method == FIRTH
    assert fit.grown == (0, 1)
    assert (fit.coefficients > 0).all()


def test_the_penalised_fit_is_the_one_of_firthmodels() -> None:
    from firthmodels import FirthLogisticRegression

    data = drawn(11, 400, np.array([0.5, -0.8, 0.3, 1.0]))
    data[data[:, 1] == 1, 0] = 1
    outcome, columns = data[:, 0], data[:, 1:]
    fit = fit_logistic(CasesInMemory.of(outcome, columns.astype(np.uint8)))
    assert fit.method == FIRTH
    assert fit.notes == {0: ONLY_EVENTS}
    other = FirthLogisticRegression(
        backend="numpy", max_iter=500, gtol=1e-8, xtol=1e-8
    ).fit(columns, outcome)
    np.testing.assert_allclose(fit.coefficients, other.coef_, rtol=0, atol=1e-6)
    assert fit.estimate[0] == pytest.approx(float(other.intercept_), abs=1e-6)


def test_the_slope_of_the_penalised_likelihood_is_nought_at_the_estimate() -> None:
    data = drawn(12, 150, np.array([0.5, -0.8, 0.3]))
    data[data[:, 2] == 1, 0] = 0
    fit = fit_logistic(CasesInMemory.of(data[:, 0], data[:, 1:]))
    assert fit.method == FIRTH
    design = np.column_stack([np.ones(150), data[:, 1:]])
    fitted = probability(design @ fit.estimate)
    spread = fitted * (1 - fitted)
    information = design.T @ (design * spread[:, np.newaxis])
    np.testing.assert_allclose(fit.covariance, np.linalg.inv(information), rtol=1e-6)
    hat = spread * np.einsum("ij,jk,ik->i", design, fit.covariance, design)
    slope = design.T @ (data[:, 0] - fitted + hat * (0.5 - fitted))
    np.testing.assert_allclose(slope, 0, atol=1e-6)


# What does not matter


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(30, 400),
    share=st.sampled_from([0.05, 0.3]),
)
def test_the_order_of_rows_and_columns_does_not_matter(
    seed: int, rows: int, share: float
) -> None:
    data = drawn(seed, rows, np.array([0.4, -0.6, 1.0]), share)
    if data[:, 0].min() == data[:, 0].max():
        return
    rng = np.random.default_rng(seed)
    fit = fit_logistic(CasesInMemory.of(data[:, 0], data[:, 1:]))
    mixed = rng.permutation(data)
    same_fit(fit_logistic(CasesInMemory.of(mixed[:, 0], mixed[:, 1:])), fit, 1e-9)
    if "a combination of other columns" not in fit.notes.values():
        order = rng.permutation(3)
        turned = fit_logistic(CasesInMemory.of(mixed[:, 0], mixed[:, 1 + order]))
        np.testing.assert_allclose(
            turned.coefficients, fit.coefficients[order], rtol=0, atol=1e-7
        )


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), is_separated=st.booleans())
def test_counted_patterns_give_the_fit_of_the_cases_they_count(
    seed: int, is_separated: bool
) -> None:
    data = drawn(seed, 300, np.array([0.4, -0.6, 1.0]))
    if is_separated:
        data[data[:, 1] == 1, 0] = seed % 2
    patterns, counts = np.unique(data, axis=0, return_counts=True)
    assert counts.size <= 16
    pattern = CasesInMemory.of(patterns[:, 0], patterns[:, 1:], counts)
    fit = fit_logistic(pattern)
    assert (fit.method == FIRTH) == is_separated
    same_fit(fit, fit_logistic(repeated(pattern)), 1e-7)
    np.testing.assert_allclose(
        fit.screening.variance_inflation,
        fit_logistic(repeated(pattern)).screening.variance_inflation,
    )


def test_a_yes_turned_into_a_no_turns_the_sign_and_nothing_else() -> None:
    data = drawn(3, 500, np.array([0.7, -0.4]))
    fit = fit_logistic(CasesInMemory.of(data[:, 0], data[:, 1:]))
    data[:, 1] = 1 - data[:, 1]
    turned = fit_logistic(CasesInMemory.of(data[:, 0], data[:, 1:]))
    np.testing.assert_allclose(turned.coefficients, fit.coefficients * [-1, 1])
    np.testing.assert_allclose(turned.std_errors, fit.std_errors)


@pytest.mark.parametrize("is_separated", [False, True])
def test_a_start_from_some_of_the_rows_gives_the_same_estimate(
    is_separated: bool,
) -> None:
    rows = 2 * THINNED_ROWS + 4_321
    data = drawn(8, rows, np.array([0.7, -0.4, 0.2, 0.0]), 0.2)
    # No row that the start looks at has the last column.
    step = rows // THINNED_ROWS
    data[:, 4] = (np.arange(rows) % (50 * step) == 1).astype(float)
    if is_separated:
        data[data[:, 4] == 1, 0] = 0
    cases = CasesInMemory.of(data[:, 0], data[:, 1:].astype(np.uint8))
    fit = fit_logistic(cases)
    assert fit.method == (FIRTH if is_separated else MAXIMUM_LIKELIHOOD)
    same_fit(fit, fit_logistic(cases, near=np.zeros(5)), 1e-7)


# Variance inflation


def test_variance_inflation_is_what_least_squares_leave_over() -> None:
    data = drawn(4, 300, np.array([0.4, -0.6, 1.0, 0.2]))
    data[:60, 2] = data[:60, 1]
    counts = np.random.default_rng(4).integers(1, 5, 300)
    fit = fit_logistic(CasesInMemory.of(data[:, 0], data[:, 1:], counts))
    columns = np.repeat(data[:, 1:], counts, axis=0)
    for j in range(4):
        others = np.column_stack([np.ones(len(columns)), np.delete(columns, j, axis=1)])
        solved = np.linalg.lstsq(others, columns[:, j], rcond=None)[0]
        left = np.var(columns[:, j] - others @ solved) / np.var(columns[:, j])
        assert fit.screening.variance_inflation[j] == pytest.approx(1 / left, rel=1e-8)


def test_a_column_that_is_not_used_has_no_variance_inflation() -> None:
    fit = with_column(np.zeros(A + B + C + D))
    assert fit.screening.variance_inflation[0] == pytest.approx(1)
    assert math.isnan(fit.screening.variance_inflation[1])
