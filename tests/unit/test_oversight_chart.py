"""Charts and funnels of simulated counts with a known truth."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import yaml

from linkage.base.errors import LinkageError
from linkage.oversight.chart import (
    Calendar,
    Chart,
    Signal,
    draw_chart,
    draw_funnel,
    read_calendar,
)
from linkage.oversight.expected import AreaCounts
from linkage.oversight.settings import SETTINGS_FILE, read_settings

SETTINGS = read_settings()
BEYOND, EIGHT, TREND = "beyond_3_sigma", "eight_on_one_side", "trend_of_six"
AFTER = dt.date(2040, 1, 1)


def calendar(months: int, as_of: dt.date = AFTER, **changes: Any) -> Calendar:
    days = [f"{2020 + one // 12}-{one % 12 + 1:02}-01" for one in range(months)]
    return read_calendar(days, as_of, 6, dataclasses.replace(SETTINGS, **changes))


def simulated(
    seed: int,
    months: int,
    rate: npt.NDArray[Any] | float = 0.4,
    cases: float = 1_600,
    bcus: int = 14,
) -> AreaCounts:
    """Counts of BCUs at these rates; a model that expects 0.4 everywhere."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(cases, (bcus, months)).astype(float)
    rates = np.clip(np.broadcast_to(rate, n.shape), 0.01, 0.99)
    withdrawals = rng.binomial(n.astype(int), rates).astype(float)

    def with_all(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.vstack([values.sum(0), values])

    return AreaCounts(
        "All crime",
        "model 2",
        ("All", *(f"BCU {one:02}" for one in range(1, bcus + 1))),
        with_all(n),
        with_all(withdrawals),
        with_all(n * 0.4),
        with_all(n * 0.24),
        with_all(np.zeros_like(n)).astype(int),
        with_all(np.zeros_like(n)).astype(int),
    )


def alarms(charts: list[Chart]) -> dict[str, float]:
    """Of BCUs: the share of points beyond, the other rules' signals a year."""
    points = sum(int((~chart.is_too_small[1:]).sum()) for chart in charts)
    found: Counter[str] = Counter()
    for one in (signal for chart in charts for signal in chart.signals if signal.bcu):
        found[one.found.rule] += one.months if one.found.rule == BEYOND else 1
    return {
        BEYOND: found[BEYOND] / points,
        EIGHT: found[EIGHT] / points * 12,
        TREND: found[TREND] / points * 12,
    }


def charts_of(rates: list[Any], months: int, **changes: Any) -> list[Chart]:
    return [
        draw_chart(simulated(seed, months, rate, **changes), calendar(months), SETTINGS)
        for seed, rate in enumerate(rates)
    ]


# False alarms (the figures of docs/oversight.md) --------------------------------------


@pytest.mark.parametrize("cases", [60, 1_600])
def test_chance_alone_alarms_as_seldom_as_theory_says(cases: int) -> None:
    """Beyond 0.27% of points, eight 1/256 and trend 1/420 of points: a year of each."""
    found = alarms(charts_of([0.4] * 60, 36, cases=cases))
    assert found[BEYOND] < 0.0035
    assert found[EIGHT] < 12 / 256 * 1.3
    assert 0.5 * 12 / 420 < found[TREND] < 12 / 420 * 1.4


def test_a_year_alone_alarms_no_more() -> None:
    found = alarms(charts_of([0.4] * 100, 12))
    assert found[BEYOND] < 0.0027
    assert found[EIGHT] < 12 / 256


def test_months_that_vary_beyond_chance_alarm_no_more_than_nominal() -> None:
    rng = np.random.default_rng(1)
    rates = [0.4 + rng.normal(0, 0.03, (14, 36)) for _ in range(60)]
    charts = charts_of(rates, 36)
    assert np.mean([chart.sigma_z[1] for chart in charts]) == pytest.approx(
        np.sqrt(1 + 0.03**2 / (0.24 / 1_600)), rel=0.05
    )
    found = alarms(charts)
    assert found[BEYOND] < 0.0035
    assert found[EIGHT] < 12 / 256 * 1.3


def test_months_that_vary_for_all_bcus_alike_alarm_little_more() -> None:
    rng = np.random.default_rng(2)
    rates = [0.4 + rng.normal(0, 0.02, (1, 36)) for _ in range(100)]
    charts = charts_of(rates, 36)
    assert alarms(charts)[BEYOND] < 0.008
    beyond = sum(
        one.months
        for chart in charts
        for one in chart.signals
        if one.bcu == 0 and one.found.rule == BEYOND
    )
    assert beyond / (100 * 36) < 0.008


def test_a_season_does_not_alarm_once_two_years_are_known() -> None:
    wave = 0.04 * np.sin(2 * np.pi * np.arange(36) / 12)
    charts = charts_of([0.4 + wave] * 60, 36)
    found = alarms(charts)
    assert found[BEYOND] < 0.005
    assert found[EIGHT] < 12 / 256 * 1.3
    assert found[TREND] < 12 / 420 * 1.4
    assert charts[0].season[:12] == pytest.approx(1 + wave[:12] / 0.4, abs=0.02)


def test_a_season_can_alarm_where_one_year_is_all_there_is() -> None:
    wave = 0.04 * np.sin(2 * np.pi * np.arange(12) / 12)
    assert not calendar(12).is_seasonal
    charts = charts_of([0.4 + wave] * 10, 12)
    assert alarms(charts)[BEYOND] > 0.02
    assert (charts[0].season == 1).all()


# What is planted is found -------------------------------------------------------------


def of_bcu(chart: Chart, bcu: int, rule: str) -> list[Signal]:
    return [one for one in chart.signals if one.bcu == bcu and one.found.rule == rule]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("size", [0.1, -0.1])
def test_a_shift_of_ten_points_is_found_in_its_bcu_from_its_month(
    seed: int, size: float
) -> None:
    rate = np.full((14, 30), 0.4)
    rate[6, 26:] += size
    chart = draw_chart(simulated(seed, 30, rate), calendar(30), SETTINGS)
    (signal,) = [one for one in of_bcu(chart, 7, BEYOND) if one.is_current]
    assert signal.found.first == 26
    assert signal.found.last == 29
    assert signal.found.direction == ("higher" if size > 0 else "lower")
    # The baseline's own error is in it: two standard errors of 24 and of 4 months.
    assert signal.excess_withdrawals == pytest.approx(4 * 1_600 * size, abs=120)


def test_a_small_lasting_shift_is_found_by_eight_on_one_side() -> None:
    rate = np.full((14, 36), 0.4)
    rate[2, 24:] += 0.025
    found = 0
    for seed in range(20):
        chart = draw_chart(simulated(seed, 36, rate), calendar(36), SETTINGS)
        signals = of_bcu(chart, 3, EIGHT)
        found += any(one.found.last >= 31 for one in signals)
    assert found >= 15


def test_a_planted_trend_is_found() -> None:
    rate = np.full((14, 24), 0.4)
    rate[4, 12:] += np.arange(1, 13) * 0.02
    chart = draw_chart(simulated(1, 24, rate, cases=5_000), calendar(24), SETTINGS)
    (trend,) = of_bcu(chart, 5, TREND)
    assert trend.found.direction == "higher"
    assert 11 <= trend.found.first <= 13
    assert trend.is_current


def test_a_bcu_that_always_differs_is_no_signal_in_time() -> None:
    rate = np.full((14, 12), 0.4)
    rate[0] = 0.55
    chart = draw_chart(simulated(3, 12, rate), calendar(12), SETTINGS)
    assert not of_bcu(chart, 1, BEYOND)
    assert not of_bcu(chart, 1, EIGHT)


def test_a_change_of_case_mix_is_no_signal() -> None:
    rate = np.full((14, 36), 0.4)
    rate[:, 24:] = 0.5
    counts = simulated(4, 36, rate)
    told = dataclasses.replace(
        counts, expected=counts.cases * rate[0], variance=counts.cases * 0.24
    )
    assert any(
        one.found.first >= 24
        for one in draw_chart(counts, calendar(36), SETTINGS).signals
    )
    chart = draw_chart(told, calendar(36), SETTINGS)
    assert not [one for one in chart.signals if one.found.rule == BEYOND]


# Small numbers, months to come, baseline ----------------------------------------------


def test_small_cells_have_no_limits_and_no_signals() -> None:
    counts = simulated(5, 12, cases=18)
    chart = draw_chart(counts, calendar(12), SETTINGS)
    assert chart.is_too_small[1:].mean() > 0.9
    assert chart.is_too_small[counts.cases < 20].all()
    # Ten expected withdrawals of forty in a hundred are 25 cases and more.
    assert (
        counts.cases[~chart.is_too_small] * chart.centre[~chart.is_too_small]
    ).min() >= 10
    for figures in (chart.lower, chart.upper, chart.z, chart.centre):
        assert np.isnan(figures[chart.is_too_small]).all()
        assert not np.isnan(figures[~chart.is_too_small]).any()
    assert not chart.is_too_small[0].any()


def test_a_month_or_bcu_without_cases_is_too_small() -> None:
    counts = simulated(6, 12)
    for figures in (counts.cases, counts.withdrawals, counts.expected, counts.variance):
        figures[3, 5] = 0
        figures[4] = 0
    chart = draw_chart(counts, calendar(12), SETTINGS)
    assert chart.is_too_small[3, 5]
    assert chart.is_too_small[4].all()


def test_months_within_six_of_the_latest_delivery_are_maturing() -> None:
    found = calendar(12, dt.date(2020, 12, 1))
    assert list(found.is_mature) == [True] * 5 + [False] * 7
    assert not (found.is_baseline & ~found.is_mature).any()
    # The delivery of the day before comes too early for May.
    assert calendar(12, dt.date(2020, 11, 30)).is_mature.sum() == 4


def test_maturing_months_give_no_signal_unless_asked() -> None:
    rate = np.full((14, 30), 0.4)
    rate[:, 25:] = 0.7
    seen = calendar(30, dt.date(2022, 8, 1))
    assert seen.is_mature.sum() == 25
    counts = simulated(7, 30, rate)
    quiet = draw_chart(counts, seen, SETTINGS)
    assert not [one for one in quiet.signals if one.found.last >= 25]
    loud = draw_chart(
        counts, seen, dataclasses.replace(SETTINGS, signals_in_maturing_months=True)
    )
    assert any(one.found.first == 25 and one.is_current for one in loud.signals)


def test_the_baseline_is_a_year_or_two_or_the_months_named() -> None:
    assert calendar(18).is_baseline.sum() == 12
    assert calendar(36).is_baseline.sum() == 24
    assert calendar(36).is_seasonal
    named = calendar(
        36, baseline_from=dt.date(2020, 7, 1), baseline_to=dt.date(2021, 3, 1)
    )
    assert list(np.flatnonzero(named.is_baseline)) == list(range(6, 15))
    assert not named.is_seasonal


def test_without_a_mature_month_there_are_no_limits_and_no_funnel() -> None:
    young = calendar(3, dt.date(2020, 4, 1))
    chart = draw_chart(simulated(8, 3), young, SETTINGS)
    assert np.isnan(chart.upper).all()
    assert chart.signals == ()
    assert draw_funnel(simulated(8, 3), young, SETTINGS) is None


# Funnel -------------------------------------------------------------------------------


def test_bcus_that_differ_by_chance_are_inside_the_funnel() -> None:
    outer = inner = 0
    for seed in range(200):
        funnel = draw_funnel(simulated(seed, 12), calendar(12), SETTINGS)
        assert funnel is not None
        for count, (low, high) in ((0, funnel.inner), (1, funnel.outer)):
            out = int(
                ((funnel.adjusted_rate < low) | (funnel.adjusted_rate > high)).sum()
            )
            inner, outer = (inner + out, outer) if count == 0 else (inner, outer + out)
    assert inner / 2_800 < 0.05
    assert outer / 2_800 < 0.002


def test_bcus_that_all_differ_are_judged_by_their_spread() -> None:
    rng = np.random.default_rng(9)
    out = far = 0
    for seed in range(200):
        rate = 0.4 + rng.normal(0, 0.04, (14, 1))
        funnel = draw_funnel(simulated(seed, 12, rate), calendar(12), SETTINGS)
        assert funnel is not None
        low, high = funnel.outer
        out += int(((funnel.adjusted_rate < low) | (funnel.adjusted_rate > high)).sum())
        far += int((np.abs(funnel.z) > 3.09).sum())
    assert far / 2_800 > 0.5
    assert out / 2_800 < 0.01


def test_one_bcu_far_from_the_others_is_outside_the_funnel() -> None:
    rate = np.full((14, 24), 0.4)
    rate[9] = 0.5
    funnel = draw_funnel(simulated(10, 24, rate), calendar(24), SETTINGS)
    assert funnel is not None
    outside = funnel.adjusted_rate > funnel.outer[1]
    assert list(np.flatnonzero(outside)) == [9]
    assert (funnel.first, funnel.last) == (12, 23)
    assert funnel.cases.sum() == pytest.approx(14 * 12 * 1_600, rel=0.01)


def test_a_harder_case_mix_does_not_put_a_bcu_outside() -> None:
    rate = np.full((14, 12), 0.4)
    rate[9] = 0.5
    counts = simulated(11, 12, rate)
    rates = np.vstack([rate[:1], rate])
    expected = counts.cases * rates
    expected[0] = expected[1:].sum(0)
    funnel = draw_funnel(
        dataclasses.replace(counts, expected=expected), calendar(12), SETTINGS
    )
    assert funnel is not None
    assert (funnel.adjusted_rate < funnel.outer[1]).all()


def test_a_bcu_too_small_has_no_place_in_the_funnel() -> None:
    counts = simulated(12, 12)
    for figures in (counts.cases, counts.withdrawals, counts.expected, counts.variance):
        figures[2] = np.round(figures[2] / 1_600)
    funnel = draw_funnel(counts, calendar(12), SETTINGS)
    assert funnel is not None
    assert list(np.flatnonzero(funnel.is_too_small)) == [1]
    assert np.isnan(funnel.adjusted_rate[1])
    assert np.isnan(funnel.outer[0][1])
    assert not np.isnan(funnel.outer[0][2])


# Settings -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("run_length", 1, "whole number from 2"),
        ("winsorised_share", 0.5, "below 0.5"),
        ("models", {"cris": {"No such area": "2"}}, "has no crime area"),
        ("colour", "blue", "is no setting"),
    ],
)
def test_settings_that_mean_nothing_are_refused_by_name(
    tmp_path: Path, name: str, value: object, words: str
) -> None:
    content = yaml.safe_load(SETTINGS_FILE.read_text())
    path = tmp_path / "settings.yml"
    path.write_text(yaml.safe_dump({**content, name: value}))
    with pytest.raises(LinkageError, match=rf"settings.yml, {name}.*{words}"):
        read_settings(path)


def test_a_setting_left_out_is_named(tmp_path: Path) -> None:
    content = yaml.safe_load(SETTINGS_FILE.read_text())
    del content["sigma"]
    path = tmp_path / "settings.yml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(LinkageError, match="sigma: is missing"):
        read_settings(path)


def test_a_crime_area_may_have_a_model_of_its_own() -> None:
    settings = dataclasses.replace(
        SETTINGS, models={"cris": {"default": "2", "Stalking": "1"}, "nibrs": {}}
    )
    assert settings.model_of("cris", "Stalking") == "1"
    assert settings.model_of("cris", "All crime") == "2"
    assert settings.model_of("nibrs", "All crime") is None
