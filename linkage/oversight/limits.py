"""Limits of what chance does to a rate: by month, and across places.

Laney (2002), Quality Engineering 14(4), 531-537: p' chart.
Spiegelhalter (2005a), Statistics in Medicine 24, 1185-1202: funnel plots.
Spiegelhalter (2005b), Quality and Safety in Health Care 14, 347-351: over-dispersion.
Efron and Morris (1975), JASA 70, 311-319: shrinkage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

Array = npt.NDArray[np.float64]
# Mean moving range of two standard normal values (Montgomery, d2 of two).
D2 = 2 / np.sqrt(np.pi)


def binomial_limits(
    rate: Array, variance: Array, z: Array | float
) -> tuple[Array, Array]:
    """Bounds that a share with this mean and variance passes as rarely as z does.

    Exact binomial quantiles, interpolated between counts (Spiegelhalter 2005a), for as
    many cases as give the variance: over-dispersion makes them fewer. With many cases
    they are rate ± z * sqrt(variance); with few they are skew and inside 0-1.
    """
    size = rate * (1 - rate) / variance
    tail = stats.norm.cdf(-np.asarray(z, dtype=float))
    low = special.bdtrik(tail, size, rate) / size
    # The upper quantile as the lower one of the cases without, whose tail is exact.
    high = 1 - special.bdtrik(tail, size, 1 - rate) / size
    # No quantile: even none (or all) is no rarer than that. No mean: no limit.
    is_none = np.isnan(size)
    return (
        np.where(is_none, np.nan, np.clip(np.nan_to_num(low), 0, 1)),
        np.where(is_none, np.nan, np.clip(np.nan_to_num(high, nan=1), 0, 1)),
    )


def scaled_variance(expected: Array, variance: Array, cases: Array, to: Array) -> Array:
    """Variance of a count of cases of unlike risk once its mean is moved.

    `expected` and `variance` are sums of p and p (1 - p); `to` is the mean aimed at.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        before = expected * (1 - expected / cases)
        found: Array = variance * to * (1 - to / cases) / before
    return found


def sigma_z(z: Array) -> tuple[float, float]:
    """Laney's sigma of z-scores, from moving ranges, and its degrees of freedom.

    `z` is (series, months) in order of time, NaN where there is no point: neighbours
    skip these. Never below 1. Degrees: 0.62 of the ranges (Wheeler 1995).
    """
    ranges = [np.abs(np.diff(series[~np.isnan(series)])) for series in np.atleast_2d(z)]
    found = np.concatenate(ranges) if ranges else np.empty(0)
    if found.size == 0:
        return 1.0, np.inf
    return max(1.0, float(found.mean() / D2)), 0.62 * found.size


def widened(sigma: float, ratio: float, degrees: float) -> float:
    """Sigmas that keep the tail of `sigma` where the spread is itself an estimate.

    Student's t in place of the normal (Quesenberry 1993), once the spread is corrected.
    """
    if ratio <= 1 or not np.isfinite(degrees):
        return sigma
    return float(stats.t.ppf(stats.norm.cdf(sigma), max(degrees, 2.0)))


@dataclass(frozen=True)
class Dispersion:
    """Spread of z-scores beyond chance: `phi`, and `tau` in the scale of the rates."""

    phi: float
    tau: float


def dispersion(z: Array, variance: Array, share: float, minimum: int) -> Dispersion:
    """Between-place spread by the method of moments (Spiegelhalter 2005b).

    z-scores are winsorised, so that a few outliers do not hide themselves; the lost
    spread of chance is corrected for (ours: without it, places that differ by chance
    alone have a phi of 0.68). Fewer places than `minimum`: none.
    """
    if len(z) < minimum:
        return Dispersion(1.0, 0.0)
    low, high = np.quantile(z, [share, 1 - share])
    phi = float(np.mean(np.clip(z, low, high) ** 2)) / _winsorised_spread(share)
    weights = 1 / variance
    places = len(z)
    spread = (places * phi - (places - 1)) / (
        weights.sum() - (weights**2).sum() / weights.sum()
    )
    return Dispersion(phi, float(np.sqrt(max(0.0, spread))))


def _winsorised_spread(share: float) -> float:
    """Mean square of a standard normal value that is winsorised."""
    if share == 0:
        return 1.0
    z = stats.norm.ppf(1 - share)
    return float((1 - 2 * share) - 2 * z * stats.norm.pdf(z) + 2 * share * z**2)


def seasonal_index(
    month_of_year: npt.NDArray[np.int_],
    withdrawals: Array,
    expected: Array,
    variance: Array,
) -> Array:
    """Each month of the year's rate over the year's (12,), shrunk towards 1.

    Ratios of observed to expected by month of the year; of their spread chance's part
    is left out, and each is pulled to 1 by the share of it that chance explains
    (empirical Bayes). Chance is the difference of the same month between years.
    """

    def by_month(values: Array) -> Array:
        return np.bincount(month_of_year - 1, weights=values, minlength=12).astype(
            np.float64
        )

    scale = withdrawals.sum() / expected.sum()
    totals = scale * by_month(expected)
    is_there = totals > 0
    ratio = np.where(is_there, by_month(withdrawals) / np.where(is_there, totals, 1), 1)
    within = (withdrawals - scale * expected * ratio[month_of_year - 1]) ** 2 / variance
    years = len(withdrawals) - is_there.sum()
    phi = max(1.0, float(within.sum() / years)) if years > 0 else 1.0
    noise = phi * by_month(variance) / np.where(is_there, totals, 1) ** 2
    between = _between(ratio[is_there], noise[is_there])
    shrunk = 1 + between / np.maximum(between + noise, 1e-300) * (ratio - 1)
    index = np.where(is_there, shrunk, 1.0)
    found: Array = index * expected.sum() / (index[month_of_year - 1] * expected).sum()
    return found


def _between(ratio: Array, noise: Array) -> float:
    """DerSimonian and Laird's (1986) variance between ratios around 1."""
    weights = 1 / noise
    mean = (weights * ratio).sum() / weights.sum()
    heterogeneity = (weights * (ratio - mean) ** 2).sum() - (len(ratio) - 1)
    return max(
        0.0,
        float(heterogeneity / (weights.sum() - (weights**2).sum() / weights.sum())),
    )
