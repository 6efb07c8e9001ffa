"""Effects and their errors against closed forms, differences and statsmodels."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.drivers import TOO_WIDE, DriverFit
from ml.effects import (
    Effects,
    adjusted,
    e_value,
    e_value_of_bound,
    find_effects,
)
from ml.fitting import FIRTH, LogisticFit, fit_logistic, probability
from ml.model_cases import CasesInMemory
from ml.specification import ModelSpecification, Predictor

Vector = npt.NDArray[np.float64]

# Two variables of three categories, the first left out, and a mark.
VARIABLES = ("age", "age", "place", "place", "arrest")
RARE = 0.1


def cases_of(
    seed: int, *, rows: int = 600, boroughs: int = 8, most: int = 1
) -> CasesInMemory:
    """Withdrawals by age, place and arrest, and by borough."""
    rng = np.random.default_rng(seed)
    age, place = rng.integers(0, 3, rows), rng.integers(0, 3, rows)
    design = np.column_stack(
        [age == 1, age == 2, place == 1, place == 2, rng.random(rows) < 0.3]
    ).astype(np.uint8)
    borough = rng.integers(1, boroughs + 1, rows)
    of_borough = rng.normal(0, 0.5, boroughs + 1)
    chance = probability(
        -0.5 + design @ [0.6, -0.3, 0.2, 0.9, -0.8] + of_borough[borough]
    )
    return CasesInMemory.of(
        rng.random(rows) < chance, design, rng.integers(1, most + 1, rows), borough
    )


def found(cases: CasesInMemory, fit: LogisticFit) -> Effects:
    of_used = [VARIABLES[j] for j in fit.used]
    return find_effects(cases, fit, of_used, int(cases.parts["borough_no"].max()))


def moved(cases: CasesInMemory, estimate: Vector) -> Vector:
    """By column, everyone in its category against everyone in the left-out one."""
    changes = []
    for j, variable in enumerate(VARIABLES):
        with_it = cases.design.astype(float)
        with_it[:, [name == variable for name in VARIABLES]] = 0
        without = with_it.copy()
        with_it[:, j] = 1
        chance, other = (
            probability(estimate[0] + design @ estimate[1:])
            for design in (with_it, without)
        )
        changes.append(np.average(chance - other, weights=cases.cases))
    return np.array(changes)


def slopes(function: Callable[[Vector], Vector], at: Vector) -> Vector:
    """Slopes by central differences, (values, parameters)."""
    width = 1e-5
    steps = np.eye(at.size) * width
    return np.column_stack(
        [(function(at + step) - function(at - step)) / (2 * width) for step in steps]
    )


# What no number can hold


def saturated() -> tuple[CasesInMemory, list[str]]:
    """As many cases as estimates: one is 63 with an error of 348."""
    rng = np.random.default_rng(8)
    design, outcome = rng.integers(0, 2, (20, 19)), rng.integers(0, 2, 20)
    return CasesInMemory.of(outcome, design), [f"mark_{j}" for j in range(19)]


def test_an_interval_that_no_number_can_hold_is_not_given_and_says_so() -> None:
    cases, names = saturated()
    fit = fit_logistic(cases)
    predictors = tuple(Predictor(f"{name}__yes", name, "Yes", "No") for name in names)
    rows = DriverFit(
        ModelSpecification(
            *("6", "", "", "", "all cases", "is_victim_withdrawal"), False, predictors
        ),
        sample_size=20,
        events=round(float(cases.outcome.sum())),
        keys=(0, 0),
        fitted_at=dt.datetime(2026, 1, 1),
        note=None,
        fit=fit,
        effects=find_effects(cases, fit, names, 0),
    ).rows["odds_ratios"]
    wide = [row for row in rows if row["ci_low"] is None]
    assert wide
    for row in rows:
        assert (row["ci_low"] is None) == (row["ci_high"] is None)
        assert (row["ci_low"] is None) == (TOO_WIDE in (row["note"] or ""))
        assert row["coefficient"] is not None
        assert row["p_value"] is not None
        numbers = [one for one in row.values() if isinstance(one, float)]
        assert all(math.isfinite(one) for one in numbers)


# Average marginal effects


@pytest.mark.parametrize("most", [1, 4])
def test_a_marginal_effect_is_everyone_in_the_category_against_everyone_not(
    most: int,
) -> None:
    cases = cases_of(1, most=most)
    fit = fit_logistic(cases, VARIABLES)
    np.testing.assert_allclose(
        found(cases, fit).marginal_effects, moved(cases, fit.estimate), atol=1e-12
    )


@pytest.mark.parametrize("most", [1, 4])
def test_errors_of_marginal_effects_are_those_of_the_delta_method(most: int) -> None:
    cases = cases_of(2, most=most)
    fit = fit_logistic(cases, VARIABLES)
    slope = slopes(lambda estimate: moved(cases, estimate), fit.estimate)
    errors = np.sqrt(np.diag(slope @ fit.covariance @ slope.T))
    np.testing.assert_allclose(found(cases, fit).marginal_std_errors, errors, rtol=1e-7)


def test_one_column_alone_moves_by_the_difference_of_two_shares() -> None:
    a, b, c, d = 30, 20, 20, 60
    cases = CasesInMemory.of([1, 0, 1, 0], [[1], [1], [0], [0]], [a, b, c, d])
    effects = find_effects(cases, fit_logistic(cases), ["arrest"], 0)
    share, other = a / (a + b), c / (c + d)
    assert effects.marginal_effects[0] == pytest.approx(share - other)
    error = math.sqrt(share * (1 - share) / (a + b) + other * (1 - other) / (c + d))
    assert effects.marginal_std_errors[0] == pytest.approx(error)


def test_a_stand_in_is_what_the_other_categories_are_compared_with() -> None:
    cases = CasesInMemory.of(
        [1, 0, 1, 0, 1, 0],
        [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]],
        [16, 9, 25, 36, 49, 4],
    )
    fit = fit_logistic(cases, ["age"] * 3)
    assert fit.used == (0, 2)
    effects = find_effects(cases, fit, ["age", "age"], 0)
    np.testing.assert_allclose(
        effects.marginal_effects, [16 / 25 - 25 / 61, 49 / 53 - 25 / 61], atol=1e-8
    )


def test_a_penalised_fit_has_effects_too() -> None:
    cases = cases_of(3)
    cases.outcome[cases.design[:, 4] == 1] = 0
    fit = fit_logistic(cases, VARIABLES)
    assert fit.method == FIRTH
    effects = found(cases, fit)
    np.testing.assert_allclose(
        effects.marginal_effects, moved(cases, fit.estimate), atol=1e-12
    )
    assert np.isfinite(effects.marginal_std_errors).all()


def test_the_probabilities_are_those_of_the_fit() -> None:
    cases = cases_of(4, most=3)
    fit = fit_logistic(cases, VARIABLES)
    effects = found(cases, fit)
    linear = fit.estimate[0] + cases.design @ fit.estimate[1:]
    np.testing.assert_allclose(effects.predicted, probability(linear))
    np.testing.assert_array_equal(effects.outcome, cases.outcome)
    np.testing.assert_array_equal(effects.cases, cases.cases)
    # Of maximum likelihood: as many withdrawals are expected as there are.
    assert effects.predicted @ cases.cases == pytest.approx(cases.outcome @ cases.cases)


def test_a_model_with_nothing_to_estimate_has_no_effects() -> None:
    cases = CasesInMemory.of(
        [1, 0, 0, 1], [[1], [1], [1], [1]], borough_no=[1, 1, 2, 2]
    )
    fit = fit_logistic(cases, ["age"])
    assert fit.used == ()
    effects = find_effects(cases, fit, [], 2)
    assert effects.marginal_effects.shape == (0,)
    assert effects.marginal_std_errors.shape == (0,)
    assert effects.cluster_std_errors.shape == (0,)
    np.testing.assert_allclose(effects.predicted, 0.5)


# Errors that allow for boroughs


@pytest.mark.parametrize("most", [1, 3])
def test_errors_by_borough_are_those_of_statsmodels(most: int) -> None:
    from statsmodels.api import Logit

    cases = cases_of(5, most=most)
    fit = fit_logistic(cases, VARIABLES)
    times = cases.cases.astype(int)
    design = np.repeat(cases.design, times, axis=0)
    boroughs = np.repeat(cases.parts["borough_no"], times)
    other = Logit(
        np.repeat(cases.outcome, times),
        np.column_stack([np.ones(times.sum()), design]),
    ).fit(
        disp=0,
        tol=1e-12,
        cov_type="cluster",
        cov_kwds={"groups": boroughs, "use_correction": False},
    )
    effects = found(cases, fit)
    assert effects.clusters == 8
    np.testing.assert_allclose(
        effects.cluster_std_errors, other.bse[1:] * math.sqrt(8 / 7), rtol=1e-6
    )


def test_boroughs_without_cases_count_for_nothing() -> None:
    cases = cases_of(6)
    fit = fit_logistic(cases, VARIABLES)
    doubled = CasesInMemory.of(
        cases.outcome, cases.design, borough_no=cases.parts["borough_no"] * 2
    )
    one, other = found(cases, fit), found(doubled, fit)
    assert one.clusters == other.clusters == 8
    np.testing.assert_allclose(one.cluster_std_errors, other.cluster_std_errors)


def test_a_single_borough_says_nothing_of_boroughs() -> None:
    cases = cases_of(7, boroughs=1)
    effects = found(cases, fit_logistic(cases, VARIABLES))
    assert effects.clusters == 1
    assert effects.cluster_std_errors.shape == (5,)
    assert np.isnan(effects.cluster_std_errors).all()


# How strong an unrecorded cause would have to be


def test_the_e_values_are_those_of_vanderweele_and_ding() -> None:
    # Annals of Internal Medicine 167 (2017), p. 270: 3.9 (1.8 to 8.7).
    assert e_value(3.9, RARE) == pytest.approx(7.26, abs=0.005)
    assert e_value_of_bound(1.8, 8.7, RARE) == pytest.approx(3.0)
    # Their protective example: 0.80 (0.71 to 0.91).
    assert e_value(0.80, RARE) == pytest.approx(1.81, abs=0.005)
    assert e_value_of_bound(0.71, 0.91, RARE) == pytest.approx(1.43, abs=0.005)


@given(ratio=st.floats(0.01, 100), share=st.sampled_from([RARE, 0.4]))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_a_ratio_and_its_inverse_need_the_same_cause(
    ratio: float, share: float
) -> None:
    assert e_value(ratio, share) == pytest.approx(e_value(1 / ratio, share))
    assert e_value(ratio, share) >= 1


def test_odds_ratios_of_a_common_outcome_go_by_their_square_root() -> None:
    assert e_value(3.9**2, 0.4) == pytest.approx(e_value(3.9, RARE))
    assert e_value_of_bound(1.8**2, 75.0, 0.15) == pytest.approx(3.0)


def test_nothing_is_needed_to_explain_no_effect_away() -> None:
    assert e_value(1.0, RARE) == 1
    assert e_value_of_bound(0.8, 1.3, RARE) == 1
    assert e_value_of_bound(1.0, 1.3, RARE) == 1


# Many p-values


def test_p_values_are_adjusted_as_by_hand() -> None:
    p_values = [0.01, 0.04, 0.03, 0.005]
    # Holm: 4 x 0.005, 3 x 0.01, 2 x 0.03, then no smaller than the one before.
    np.testing.assert_allclose(adjusted(p_values, "holm"), [0.03, 0.06, 0.06, 0.02])
    # Benjamini-Hochberg: p x 4 / rank, no larger than the next one's.
    np.testing.assert_allclose(adjusted(p_values, "fdr_bh"), [0.02, 0.04, 0.04, 0.02])


@pytest.mark.parametrize("method", ["holm", "fdr_bh"])
def test_p_values_are_adjusted_as_statsmodels_does(method: str) -> None:
    from statsmodels.stats.multitest import multipletests

    p_values = np.random.default_rng(1).beta(0.3, 1, 70).round(3)
    expected = multipletests(p_values, method=method)[1]
    np.testing.assert_allclose(adjusted(p_values, method), expected)


@pytest.mark.parametrize("method", ["holm", "fdr_bh"])
def test_what_has_no_p_value_is_not_counted(method: str) -> None:
    nan = math.nan
    with_nan = adjusted([nan, 0.01, 0.04, nan, 0.03], method)
    assert np.isnan(with_nan[[0, 3]]).all()
    np.testing.assert_allclose(
        with_nan[[1, 2, 4]], adjusted([0.01, 0.04, 0.03], method)
    )
    assert np.isnan(adjusted([nan, nan], method)).all()
    assert adjusted([], method).size == 0
