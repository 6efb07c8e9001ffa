"""Measures of performance against their definitions, counted out case by case."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from ml.fitting import fit_logistic, probability
from ml.measures import Z_95, area_under_curve, calibration, measure
from ml.model_cases import CasesInMemory
from ml.validation import predict

Vector = npt.NDArray[np.float64]


def area_by_pairs(outcome: Vector, predicted: Vector) -> tuple[float, float]:
    """DeLong's area and error by every pair of an event and another case."""
    events, others = predicted[outcome == 1], predicted[outcome == 0]
    pairs = np.array(
        [[1.0 if e > o else 0.5 if e == o else 0.0 for o in others] for e in events]
    )
    by_event, by_other = pairs.mean(axis=1), pairs.mean(axis=0)
    variance = by_event.var(ddof=1) / events.size + by_other.var(ddof=1) / others.size
    return float(pairs.mean()), math.sqrt(variance)


def with_ties(
    seed: int, rows: int, *, most: int = 1
) -> tuple[Vector, Vector, npt.NDArray[np.int64]]:
    """Outcome, one of nine probabilities and 1 to `most` cases by row."""
    rng = np.random.default_rng(seed)
    predicted = rng.integers(1, 10, rows) / 10
    outcome = (rng.random(rows) < predicted).astype(float)
    outcome[:4] = [1, 0, 1, 0]
    return outcome, predicted, rng.integers(1, most + 1, rows)


def model_on(seed: int) -> tuple[Vector, Vector, Vector]:
    """Outcome, probability by a fitted model, and cases by row."""
    rng = np.random.default_rng(seed)
    design = rng.integers(0, 2, (400, 4))
    outcome = rng.random(400) < probability(-0.5 + design @ [0.8, -0.6, 0.3, 1.1])
    cases = CasesInMemory.of(outcome, design, rng.integers(1, 4, 400))
    return predict(cases, fit_logistic(cases))


# Discrimination


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), rows=st.integers(4, 60), most=st.integers(1, 4))
def test_the_area_and_its_error_are_those_of_all_pairs_of_cases(
    seed: int, rows: int, most: int
) -> None:
    outcome, predicted, counts = with_ties(seed, rows, most=most)
    area, error = area_under_curve(outcome, predicted, counts.astype(float))
    each_case = np.repeat(outcome, counts), np.repeat(predicted, counts)
    expected, expected_error = area_by_pairs(*each_case)
    assert area == pytest.approx(expected, abs=1e-12)
    assert error == pytest.approx(expected_error, abs=1e-12)


def test_the_area_is_the_one_of_scikit_learn_with_weights() -> None:
    from sklearn.metrics import roc_auc_score

    outcome, predicted, counts = with_ties(1, 500, most=9)
    area, _ = area_under_curve(outcome, predicted, counts.astype(float))
    expected = roc_auc_score(outcome, predicted, sample_weight=counts)
    assert area == pytest.approx(expected, abs=1e-12)


def test_probabilities_all_alike_discriminate_as_a_coin() -> None:
    outcome = np.array([1.0, 0, 0, 1, 0])
    assert area_under_curve(outcome, np.full(5, 0.4), np.ones(5)) == (0.5, 0.0)


def test_the_interval_of_the_area_stays_within_nought_and_one() -> None:
    outcome = np.array([1.0, 1, 1, 0, 0, 0])
    predicted = np.array([0.9, 0.8, 0.4, 0.5, 0.3, 0.2])
    area, error = area_by_pairs(outcome, predicted)
    found = measure(outcome, predicted, np.ones(6))
    assert found.auc == pytest.approx(8 / 9)
    assert found.auc_low == pytest.approx(area - Z_95 * error)
    assert area + Z_95 * error > 1
    assert found.auc_high == 1.0


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_cases_of_one_outcome_only_have_no_area_and_no_calibration(
    value: float,
) -> None:
    found = measure(np.full(4, value), np.array([0.2, 0.4, 0.6, 0.8]), np.ones(4))
    assert found.auc is None
    assert found.auc_low is None
    assert found.auc_high is None
    assert found.calibration_slope is None
    assert found.calibration_intercept is None
    assert (found.pct_correct_1 is None) == (value == 0)
    assert (found.pct_correct_0 is None) == (value == 1)
    assert found.events == 4 * value
    assert found.brier == pytest.approx(0.3)


# Calibration


def test_a_models_own_predictions_are_calibrated() -> None:
    slope, intercept = calibration(*model_on(2))
    assert slope == pytest.approx(1, abs=1e-8)
    assert intercept == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("times", [0.5, 2.0])
def test_log_odds_made_milder_or_wilder_show_in_the_slope(times: float) -> None:
    outcome, predicted, cases = model_on(2)
    log_odds = np.log(predicted / (1 - predicted))
    slope, _ = calibration(outcome, probability(times * log_odds), cases)
    assert slope == pytest.approx(1 / times, rel=1e-6)


@pytest.mark.parametrize("shift", [-0.7, 0.4])
def test_probabilities_too_low_or_too_high_show_in_the_intercept(shift: float) -> None:
    outcome, predicted, cases = model_on(2)
    log_odds = np.log(predicted / (1 - predicted)) + shift
    slope, intercept = calibration(outcome, probability(log_odds), cases)
    assert intercept == pytest.approx(-shift, abs=1e-8)
    assert slope == pytest.approx(1, abs=1e-6)


def test_counts_calibrate_as_the_cases_they_count() -> None:
    outcome, predicted, counts = with_ties(5, 80, most=6)
    found = calibration(outcome, predicted, counts.astype(float))
    each_case = np.repeat(outcome, counts), np.repeat(predicted, counts)
    expected = calibration(*each_case, np.ones(counts.sum()))
    assert found == pytest.approx(expected, rel=1e-7)


def test_a_prediction_that_does_not_vary_has_no_slope() -> None:
    outcome = np.array([1.0, 0, 0, 0])
    slope, intercept = calibration(outcome, np.full(4, 0.4), np.ones(4))
    assert slope is None
    assert intercept == pytest.approx(math.log(0.25 / 0.75) - math.log(0.4 / 0.6))


@pytest.mark.parametrize("share", [0.0625, 0.1, 0.25, 0.375])
def test_predictions_that_mirror_each_other_have_a_slope(share: float) -> None:
    # Their log odds add up to nought, which is no reason to leave them out.
    outcome = np.array([1.0, 0, 0, 0, 1, 1, 1, 0])
    predicted = np.array([share] * 4 + [1 - share] * 4)
    slope, _ = calibration(outcome, predicted, np.ones(8))
    expected = math.log(3) / math.log((1 - share) / share)
    assert slope == pytest.approx(expected, rel=1e-6)


def test_events_whose_log_odds_cancel_are_not_taken_for_none() -> None:
    # By hand: among three values of the log odds, events at -x and x only.
    outcome = np.array([1.0, 1, 0, 0, 0, 0, 0])
    predicted = np.array([0.0625, 0.9375, 0.1, 0.1, 0.2, 0.1, 0.3])
    slope, _ = calibration(outcome, predicted, np.ones(7))
    log_odds = np.log(predicted / (1 - predicted))
    assert slope is not None
    # The slope of the likelihood is nought at the estimate, whatever the intercept.
    intercept = brentq(
        lambda at: np.sum(outcome - probability(at + slope * log_odds)), -20, 20
    )
    residual = outcome - probability(intercept + slope * log_odds)
    assert residual @ log_odds == pytest.approx(0, abs=1e-6)


def test_predictions_that_tell_every_outcome_have_no_slope() -> None:
    outcome = np.array([0.0, 0, 1, 1])
    slope, intercept = calibration(outcome, np.array([0.1, 0.3, 0.6, 0.7]), np.ones(4))
    assert slope is None
    assert intercept is not None


def test_certain_predictions_that_are_wrong_are_measured_all_the_same() -> None:
    outcome = np.array([1.0, 1, 1, 0, 0, 0])
    predicted = np.array([1.0, 1, 0, 0, 0, 1])
    found = measure(outcome, predicted, np.ones(6))
    assert found.brier == pytest.approx(1 / 3)
    assert found.calibration_slope is not None
    assert 0 < found.calibration_slope < 0.1


# Accuracy


def test_brier_is_the_mean_squared_distance_from_what_happened() -> None:
    found = measure(
        np.array([1.0, 0, 0]), np.array([0.8, 0.4, 0.1]), np.array([2.0, 1, 7])
    )
    assert found.brier == pytest.approx((2 * 0.04 + 0.16 + 7 * 0.01) / 10)
    assert found.cases == 10
    assert found.events == 2


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), most=st.integers(1, 5))
def test_the_share_correct_is_the_mean_of_both_outcomes_by_their_cases(
    seed: int, most: int
) -> None:
    outcome, predicted, counts = with_ties(seed, 40, most=most)
    found = measure(outcome, predicted, counts.astype(float))
    assert found.pct_correct_0 is not None
    assert found.pct_correct_1 is not None
    expected = (
        (found.cases - found.events) * found.pct_correct_0
        + found.events * found.pct_correct_1
    ) / found.cases
    assert found.pct_correct_overall == pytest.approx(expected, abs=1e-12)


def test_the_cut_off_itself_counts_as_withdrawal() -> None:
    found = measure(np.array([1.0, 0]), np.array([0.5, 0.499]), np.ones(2))
    assert found.pct_correct_overall == 1


def test_shares_correct_as_the_study_prints_them_weigh_to_its_overall_share() -> None:
    # Model 0: 84.95% and 31.38% correct, 63.42% of all: 40.2% withdrew.
    events, rows = 402, 1000
    right_1, right_0 = round(0.3138 * events), round(0.8495 * (rows - events))
    outcome = np.array([1.0, 1, 0, 0])
    predicted = np.array([0.6, 0.4, 0.4, 0.6])
    counts = np.array(
        [right_1, events - right_1, right_0, rows - events - right_0], dtype=float
    )
    found = measure(outcome, predicted, counts)
    assert found.pct_correct_0 == pytest.approx(0.8495, abs=1e-3)
    assert found.pct_correct_1 == pytest.approx(0.3138, abs=2e-3)
    assert found.pct_correct_overall == pytest.approx(0.6342, abs=2e-3)
