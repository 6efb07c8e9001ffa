"""A crime area's control chart and funnel, from its counts by month and place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import stats

from linkage.extracts.record_key import KEYS
from linkage.oversight import limits, rules
from linkage.oversight.expected import AreaCounts, Integers
from linkage.oversight.settings import MonitorSettings

Array = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
INNER, OUTER = (float(stats.norm.ppf(0.5 + share / 2)) for share in (0.95, 0.998))


@dataclass(frozen=True)
class Calendar:
    """The months (first days), and which are mature, and of the baseline."""

    months: tuple[dt.date, ...]
    is_mature: Marks
    is_baseline: Marks
    is_seasonal: bool

    @property
    def month_of_year(self) -> npt.NDArray[np.int_]:
        """1 to 12."""
        return np.array([month.month for month in self.months])


@dataclass(frozen=True)
class Signal:
    """Months of one series that break a rule, by position; and how far."""

    bcu: int
    found: rules.Found
    months: int
    excess_withdrawals: float
    is_current: bool


@dataclass(frozen=True)
class Chart:
    """Arrays (BCUs, months), NaN where there is no figure; `season` is (months,)."""

    expected: Array
    season: Array
    centre: Array
    z: Array
    sigma_z: Array
    lower: Array
    upper: Array
    # Standard errors from the centre line to a limit, by BCU.
    sigmas: Array
    is_too_small: Marks
    signals: tuple[Signal, ...]


@dataclass(frozen=True)
class Funnel:
    """Arrays (BCUs,) over the funnel's months, without that of all BCUs."""

    first: int
    last: int
    cases: Array
    withdrawals: Array
    cases_key: Integers
    withdrawals_key: Integers
    expected: Array
    adjusted_rate: Array
    target: float
    z: Array
    phi: float
    tau: float
    inner: tuple[Array, Array]
    outer: tuple[Array, Array]
    is_too_small: Marks


def read_calendar(
    months: Sequence[str], as_of: dt.date, to_mature: int, settings: MonitorSettings
) -> Calendar:
    """Months that count: mature by `as_of`, and those of the baseline among them."""
    days = tuple(dt.date.fromisoformat(month) for month in months)
    is_mature = np.array([_later(day, 1 + to_mature) <= as_of for day in days])
    is_seasonal = int(is_mature.sum()) >= settings.seasonal_months
    if settings.baseline_from or settings.baseline_to:
        first = settings.baseline_from or dt.date.min
        last = settings.baseline_to or dt.date.max
        is_baseline = np.array([first <= day <= last for day in days]) & is_mature
        is_seasonal = int(is_baseline.sum()) >= settings.seasonal_months
    else:
        wanted = settings.seasonal_months if is_seasonal else settings.baseline_months
        is_baseline = is_mature & (np.cumsum(is_mature) <= wanted)
    return Calendar(days, is_mature, is_baseline, is_seasonal)


def draw_chart(
    counts: AreaCounts, calendar: Calendar, settings: MonitorSettings
) -> Chart:
    """Expected rates, centre lines, limits and signals of every BCU of a crime area."""
    n = np.where(counts.cases > 0, counts.cases, np.nan)
    expected = counts.expected * _share(counts.withdrawals[0], counts.expected[0])
    season = _season(counts, expected, calendar)
    seasonal = expected * season
    past = calendar.is_baseline
    own = _ratio(counts.withdrawals[:, past].sum(1), seasonal[:, past].sum(1))
    middle = seasonal * own[:, np.newaxis]
    # No rate is so far from its own past that a certainty would be expected.
    middle = np.minimum(middle, 0.99 * n)
    variance = limits.scaled_variance(counts.expected, counts.variance, n, middle)
    is_too_small = ~(
        (n >= settings.minimum_cases)
        & (np.minimum(middle, n - middle) >= settings.minimum_expected)
    )
    plain_z = np.where(is_too_small, np.nan, counts.withdrawals - middle)
    plain_z /= np.sqrt(np.where(is_too_small, np.nan, variance))
    ratio, multiple = _sigmas(plain_z, past, settings.sigma)
    centre = np.where(is_too_small, np.nan, middle / n)
    lower, upper = limits.binomial_limits(centre, variance * ratio**2 / n**2, multiple)
    chart = Chart(
        expected=expected,
        season=season,
        centre=centre,
        z=plain_z / ratio,
        sigma_z=ratio,
        lower=lower,
        upper=upper,
        sigmas=multiple[:, 0],
        is_too_small=is_too_small,
        signals=(),
    )
    may_signal = ~is_too_small & (
        calendar.is_mature | settings.signals_in_maturing_months
    )
    return _with_signals(chart, counts, may_signal, settings)


def draw_funnel(
    counts: AreaCounts, calendar: Calendar, settings: MonitorSettings
) -> Funnel | None:
    """Case-mix adjusted rates across BCUs, with limits; None without a mature month.

    The adjusted rate is the area's rate times observed over expected (indirect
    standardisation); limits are around the area's rate, by each BCU's own precision.
    """
    chosen = np.flatnonzero(calendar.is_mature)[-settings.funnel_months :]
    if chosen.size == 0 or counts.withdrawals[0, chosen].sum() == 0:
        return None
    cases, withdrawals = counts.cases[:, chosen], counts.withdrawals[:, chosen]
    cases, withdrawals = cases.sum(1), withdrawals.sum(1)
    expected = counts.expected[:, chosen].sum(1)
    variance = counts.variance[:, chosen].sum(1)
    aimed = expected * (withdrawals[0] / expected[0])
    target = float(withdrawals[0] / cases[0])
    n, observed, aim = cases[1:], withdrawals[1:], aimed[1:]
    is_too_small = ~(
        (n >= settings.minimum_cases)
        & (np.minimum(aim, n - aim) >= settings.minimum_expected)
    )
    adjusted = np.where(is_too_small, np.nan, target * _ratio(observed, aim))
    spread = limits.scaled_variance(expected[1:], variance[1:], n, aim)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = spread * (target / aim) ** 2
    # With fewer cases than are expected to withdraw there is no variance.
    spread = np.where(is_too_small, np.nan, spread)
    z = (adjusted - target) / np.sqrt(spread)
    found = limits.dispersion(
        z[~is_too_small],
        spread[~is_too_small],
        settings.winsorised_share,
        settings.minimum_bcus,
    )
    total = spread + found.tau**2
    inner, outer = (
        limits.binomial_limits(np.full(len(n), target), total, sigma)
        for sigma in (INNER, OUTER)
    )
    return Funnel(
        first=int(chosen[0]),
        last=int(chosen[-1]),
        cases=n,
        withdrawals=observed,
        cases_key=counts.cases_key[1:, chosen].sum(1) % KEYS,
        withdrawals_key=counts.withdrawals_key[1:, chosen].sum(1) % KEYS,
        expected=aim,
        adjusted_rate=adjusted,
        target=target,
        z=z,
        phi=found.phi,
        tau=found.tau,
        inner=inner,
        outer=outer,
        is_too_small=is_too_small,
    )


def _season(counts: AreaCounts, expected: Array, calendar: Calendar) -> Array:
    """Of each month, from all BCUs in the baseline; 1 where that is too short."""
    past = calendar.is_baseline & (counts.withdrawals[0] > 0)
    if not calendar.is_seasonal or past.sum() < 2:
        return np.ones(len(calendar.months))
    level = _share(counts.withdrawals[0, past], expected[0, past])
    variance = limits.scaled_variance(
        counts.expected[0, past],
        counts.variance[0, past],
        counts.cases[0, past],
        level * expected[0, past],
    )
    index = limits.seasonal_index(
        calendar.month_of_year[past],
        counts.withdrawals[0, past],
        expected[0, past],
        variance,
    )
    found: Array = index[calendar.month_of_year - 1]
    return found


def _sigmas(z: Array, past: Marks, sigma: float) -> tuple[Array, Array]:
    """Laney's sigma of each series (BCUs, 1), and how many of them a limit is away.

    BCUs of a crime area share theirs: one BCU's year has too little information.
    """
    ratios, multiples = np.ones((len(z), 1)), np.full((len(z), 1), float(sigma))
    for part in (slice(0, 1), slice(1, None)):
        ratio, degrees = limits.sigma_z(z[part][:, past])
        ratios[part] = ratio
        multiples[part] = limits.widened(sigma, ratio, degrees)
    return ratios, multiples


def _with_signals(
    chart: Chart, counts: AreaCounts, may_signal: Marks, settings: MonitorSettings
) -> Chart:
    signals = []
    for bcu in range(len(counts.bcus)):
        points = np.flatnonzero(may_signal[bcu])
        if points.size == 0:
            continue
        rate = counts.withdrawals[bcu, points] / counts.cases[bcu, points]
        for found in rules.find_signals(
            rate,
            chart.centre[bcu, points],
            chart.lower[bcu, points],
            chart.upper[bcu, points],
            sigma=settings.sigma,
            run_length=settings.run_length,
            trend_length=settings.trend_length,
        ):
            part = points[found.first : found.last + 1]
            excess = (
                counts.withdrawals[bcu, part]
                - chart.centre[bcu, part] * counts.cases[bcu, part]
            )
            signals.append(
                Signal(
                    bcu=bcu,
                    found=replace(found, first=int(part[0]), last=int(part[-1])),
                    months=len(part),
                    excess_withdrawals=float(excess.sum()),
                    is_current=bool(part[-1] == points[-1]),
                )
            )
    return replace(chart, signals=tuple(signals))


def _share(observed: Array, expected: Array) -> float:
    total = float(expected.sum())
    return float(observed.sum()) / total if total > 0 else 1.0


def _ratio(observed: Array, expected: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Array = np.where(expected > 0, observed / expected, np.nan)
    return found


def _later(day: dt.date, months: int) -> dt.date:
    """The first day of the month so many months later."""
    count = day.year * 12 + day.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)
