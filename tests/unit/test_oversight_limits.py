"""Control and funnel limits against theory, textbooks and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from linkage.oversight.limits import (
    binomial_limits,
    dispersion,
    scaled_variance,
    seasonal_index,
    sigma_z,
    widened,
)


def limits(rate: float, cases: float, z: float = 3) -> tuple[float, float]:
    low, high = binomial_limits(
        np.array([rate]), np.array([rate * (1 - rate) / cases]), z
    )
    return float(low[0]), float(high[0])


def test_with_many_cases_limits_are_the_textbook_ones() -> None:
    low, high = limits(0.4, 1e7)
    error = np.sqrt(0.4 * 0.6 / 1e7)
    assert low == pytest.approx(0.4 - 3 * error, rel=1e-5)
    assert high == pytest.approx(0.4 + 3 * error, rel=1e-5)


@pytest.mark.parametrize("rate", [0.05, 0.4, 0.9])
@pytest.mark.parametrize("cases", [20, 60, 300])
def test_a_limit_lies_between_the_counts_around_the_exact_quantile(
    rate: float, cases: int
) -> None:
    tail = stats.norm.cdf(-3)
    low, high = (bound * cases for bound in limits(rate, cases))
    counts = stats.binom(cases, rate)
    assert counts.ppf(tail) - 1 <= low <= counts.ppf(tail) + 1e-6
    assert counts.isf(tail) - 1e-6 <= high <= counts.isf(tail) + 1
    assert 0 <= low < rate * cases < high <= cases


@pytest.mark.parametrize("cases", [20, 50, 200])
def test_no_more_than_the_nominal_share_of_counts_is_outside(cases: int) -> None:
    low, high = limits(0.35, cases)
    counts = stats.binom(cases, 0.35)
    tail = stats.norm.cdf(-3)
    # Strictly outside: a count on a limit is inside.
    assert counts.cdf(np.ceil(low * cases) - 1) <= tail
    assert counts.sf(np.floor(high * cases)) <= tail


def test_limits_are_wider_by_the_spread_they_are_given() -> None:
    low, high = limits(0.4, 10_000)
    wide_low, wide_high = binomial_limits(
        np.array([0.4]), np.array([4 * 0.24 / 10_000]), 3
    )
    assert 0.4 - wide_low[0] == pytest.approx(2 * (0.4 - low), rel=0.01)
    assert wide_high[0] - 0.4 == pytest.approx(2 * (high - 0.4), rel=0.01)


def test_where_there_is_no_rate_there_is_no_limit() -> None:
    low, high = binomial_limits(np.array([np.nan]), np.array([np.nan]), 3)
    assert np.isnan(low[0])
    assert np.isnan(high[0])


def test_cases_of_unlike_risk_vary_less_than_alike_ones() -> None:
    p = np.array([0.1] * 50 + [0.9] * 50)
    expected, variance, cases = p.sum(), (p * (1 - p)).sum(), np.array(100.0)
    unmoved = scaled_variance(expected, variance, cases, expected)
    assert unmoved == pytest.approx(variance)
    assert unmoved < 25
    moved = scaled_variance(expected, variance, cases, np.array(60.0))
    assert moved == pytest.approx(variance * 24 / 25)


def test_laneys_sigma_is_one_for_chance_and_more_for_more() -> None:
    rng = np.random.default_rng(1)
    z = rng.normal(size=(50, 200))
    assert sigma_z(z)[0] == pytest.approx(1, abs=0.02)
    assert sigma_z(2.5 * z)[0] == pytest.approx(2.5, abs=0.05)
    assert sigma_z(0.5 * z)[0] == 1.0


def test_laneys_sigma_is_hardly_moved_by_a_shift() -> None:
    z = np.random.default_rng(2).normal(size=(1, 400))
    shifted = z + np.where(np.arange(400) < 200, 0, 8)
    assert sigma_z(shifted)[0] < 1.05 * sigma_z(z)[0] + 0.02


def test_months_without_a_point_are_passed_over() -> None:
    z = np.array([[0.0, np.nan, 4.0, np.nan, 0.0], [np.nan] * 5])
    ratio, degrees = sigma_z(z)
    assert ratio == pytest.approx(4 * np.sqrt(np.pi) / 2)
    assert degrees == pytest.approx(0.62 * 2)


def test_without_neighbours_nothing_is_said_of_the_spread() -> None:
    assert sigma_z(np.array([[1.0, np.nan, np.nan]])) == (1.0, np.inf)


def test_limits_are_further_where_the_spread_is_an_estimate_of_few_months() -> None:
    assert widened(3, 1.0, 5) == 3
    assert widened(3, 2.0, 1e6) == pytest.approx(3, abs=1e-3)
    assert widened(3, 2.0, 7) > 4


def test_places_that_differ_by_chance_alone_have_no_spread_of_their_own() -> None:
    rng = np.random.default_rng(3)
    found = [
        dispersion(rng.normal(size=14), np.full(14, 1e-4), 0.1, 5) for _ in range(2_000)
    ]
    # Quantiles of fourteen pull in a little more than tenths of the distribution.
    assert np.mean([one.phi for one in found]) == pytest.approx(1, abs=0.1)
    assert np.median([one.tau for one in found]) < 0.004


def test_the_spread_of_places_is_found() -> None:
    rng = np.random.default_rng(4)
    variance = rng.uniform(0.5e-4, 2e-4, 400)
    rates = rng.normal(0, np.sqrt(variance + 0.03**2))
    found = dispersion(rates / np.sqrt(variance), variance, 0.1, 5)
    assert found.tau == pytest.approx(0.03, rel=0.1)


def test_a_few_places_far_out_do_not_hide_themselves() -> None:
    rng = np.random.default_rng(5)
    z = rng.normal(size=40)
    z[:2] += 30
    found = dispersion(z, np.full(40, 1e-4), 0.1, 5)
    assert found.phi < 3
    assert dispersion(z, np.full(40, 1e-4), 0.0, 5).phi > 20


def test_few_places_say_nothing_of_their_spread() -> None:
    found = dispersion(np.array([9.0, -9.0, 9.0, -9.0]), np.full(4, 1e-4), 0.1, 5)
    assert (found.phi, found.tau) == (1, 0)


def test_a_season_is_found_and_chance_is_not_taken_for_one() -> None:
    rng = np.random.default_rng(6)
    month = np.tile(np.arange(1, 13), 2)
    truth = 1 + 0.1 * np.sin(2 * np.pi * month / 12)
    cases = np.full(24, 20_000)
    expected = cases * 0.4
    variance = expected * 0.6
    seasonal = rng.binomial(cases, 0.4 * truth).astype(float)
    index = seasonal_index(month, seasonal, expected, variance)
    assert np.abs(index - truth[:12]).max() < 0.02
    assert (index[month - 1] * expected).sum() == pytest.approx(expected.sum())
    flat = rng.binomial(cases, 0.4).astype(float)
    raw = flat.reshape(2, 12).mean(0) / flat.mean()
    shrunk = seasonal_index(month, flat, expected, variance)
    assert np.abs(shrunk - 1).sum() < 0.7 * np.abs(raw - 1).sum()


def test_years_that_disagree_make_no_season() -> None:
    month = np.tile(np.arange(1, 13), 2)
    wave = 1_000 * np.sin(2 * np.pi * np.arange(12) / 12)
    withdrawals = 8_000 + np.concatenate([wave, -wave])
    index = seasonal_index(
        month, withdrawals, np.full(24, 8_000.0), np.full(24, 4_800.0)
    )
    assert index == pytest.approx(np.ones(12))


def test_a_month_of_the_year_never_seen_has_no_season() -> None:
    month = np.array([1, 2, 3, 1, 2, 3])
    withdrawals = np.array([800.0, 400, 600, 810, 390, 600])
    index = seasonal_index(month, withdrawals, np.full(6, 600.0), np.full(6, 300.0))
    assert index[0] > 1.2
    assert index[1] < 0.8
    assert len(set(index[3:])) == 1
