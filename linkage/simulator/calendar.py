"""Dates of a case, as whole days: recording lag, delay to report, time to completion.

Days are counted from 1970-01-01; `NO_DAY` is a missing date.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from linkage.simulator.arrays import Bools, Ints, generator, quota_codes
from linkage.simulator.calibration import Target, calibrate
from linkage.simulator.cases import Cases
from linkage.simulator.effects import effects, linear_predictor
from linkage.simulator.files import assumption
from linkage.simulator.published import implied_prevalence

NO_DAY = -(10**6)
STUDY_START = dt.date(2021, 4, 1)
SNAPSHOT = dt.date(2023, 7, 1)
STUDY_MONTHS = 12
_EARLY_SOFTNESS = 0.0005
# The same drivers act on both limits, on the later one less (ours).
_OFFSET_SCALE = {28: 1.0, 84: 0.5}
_COMPLETED_BEFORE_RECORDED = 0.0002
_OUTCOME_BEFORE_REPORTED = 0.001
_OLDEST_DELAY = 9000
_DELAYS = {"Same day": (0, 0), "1-7 days": (1, 7), "1 week-1 year": (8, 365)}


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return (day - dt.date(1970, 1, 1)).days


def month_starts(months: int) -> list[dt.date]:
    """First days of `months` months from April 2021, and of the month after."""
    return [
        dt.date(2021 + (3 + i) // 12, (3 + i) % 12 + 1, 1) for i in range(months + 1)
    ]


def draw_recorded_days(size: int, months: int, rng: np.random.Generator) -> Ints:
    """Draw recorded dates, evenly over the days of the period, shuffled."""
    starts = month_starts(months)
    first, last = day_number(starts[0]), day_number(starts[-1])
    codes = quota_codes(rng, size, np.ones(last - first))
    return first + codes.astype(np.int64)


def draw_dates(cases: Cases, seed: int) -> dict[str, Ints]:
    """Days from one date to the next, per case; needs the outcome codes.

    Keys: `delay` (committed to reported; NO_DAY when the first date is not known),
    `recording_lag`, `duration` (recorded to complete, negative by rare mistake) and
    `outcome_lag` (complete to outcome), `outcome_before_report` (days before the
    report, 0 for almost all).
    """
    rng = generator(seed, "dates")
    duration = _draw_durations(cases, seed)
    mistaken = rng.random(cases.size) < _COMPLETED_BEFORE_RECORDED
    duration[mistaken] = -rng.integers(1, 4, size=int(mistaken.sum()))
    before = np.where(
        rng.random(cases.size) < _OUTCOME_BEFORE_REPORTED,
        rng.integers(1, 31, size=cases.size),
        0,
    )
    return {
        "delay": _draw_delays(cases, rng),
        "recording_lag": _draw_lag("recording", cases.size, rng),
        "duration": duration,
        "outcome_lag": _draw_lag("outcome", cases.size, rng),
        "outcome_before_report": before.astype(np.int64),
    }


def _draw_lag(name: str, size: int, rng: np.random.Generator) -> Ints:
    rows = [row for row in assumption("lags") if row["lag"] == name]
    codes = quota_codes(rng, size, [float(row["share"]) for row in rows])
    days = np.zeros(size, dtype=np.int64)
    for i, row in enumerate(rows):
        low, high = _band(row["days"])
        some = codes == i
        days[some] = rng.integers(low, high + 1, size=int(some.sum()))
    return days


def _band(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    return int(low), int(high or low)


def _log_uniform(
    low: Ints | int, high: Ints | int, size: int, rng: np.random.Generator
) -> Ints:
    """Whole days between `low` and `high`, both inclusive, small ones more often."""
    bottom = np.log(np.asarray(low, dtype=np.float64))
    top = np.log(np.asarray(high, dtype=np.float64) + 1.0)
    days = np.exp(bottom + (top - bottom) * rng.random(size))
    return np.clip(np.floor(days).astype(np.int64), low, high)


def _draw_delays(cases: Cases, rng: np.random.Generator) -> Ints:
    """Days from offence to report inside the band drawn; not before a birth."""
    days = np.zeros(cases.size, dtype=np.int64)
    for category, (low, high) in _DELAYS.items():
        rows = np.flatnonzero(cases.equals("delay_to_report", category))
        if high:
            days[rows] = _log_uniform(low, high, len(rows), rng)
    rows = np.flatnonzero(cases.equals("delay_to_report", "Over a year"))
    ages = np.where(cases.codes["victim_age_years"] < 0, 40, 1) * np.maximum(
        cases.codes["victim_age_years"], 1
    )
    oldest = np.clip((ages[rows].astype(np.int64) - 1) * 365, 400, _OLDEST_DELAY)
    days[rows] = _log_uniform(
        np.full(len(rows), 366, dtype=np.int64), oldest, len(rows), rng
    )
    days[cases.equals("delay_to_report", "Unknown")] = NO_DAY
    return days


def _draw_durations(cases: Cases, seed: int) -> Ints:
    rng = generator(seed, "durations")
    code = np.array(cases.extra["outcome_code"])[cases.codes["outcome_code"]]
    withdrawn = np.isin(code, ("14", "16"))
    population = np.full(cases.size, "other", dtype="<U20")
    population[code == "15"] = "15"
    population[code == "18"] = "18"
    population[
        np.isin(code, ("01", "1A", "02", "2A", "03", "3A", "04", "06", "08"))
    ] = "judicial"
    population[withdrawn] = _draw_early(cases, withdrawn, seed)
    sexual = cases.equals("crime_type", "Rape") | cases.equals(
        "crime_type", "Other sexual offences"
    )
    days = np.zeros(cases.size, dtype=np.int64)
    tables: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for row in assumption("durations"):
        key = (row["population"], row["is_sexual"])
        tables.setdefault(key, []).append((row["days"], float(row["share"])))
    for (name, is_sexual), bands in tables.items():
        rows = np.flatnonzero((population == name) & (sexual == (is_sexual == "Y")))
        band_codes = quota_codes(rng, len(rows), [share for _, share in bands])
        for i, (text, _) in enumerate(bands):
            some = rows[band_codes == i]
            low, high = _band(text)
            if high:
                days[some] = _log_uniform(low, high, len(some), rng)
    return days


def _draw_early(cases: Cases, withdrawn: Bools, seed: int) -> npt.NDArray[np.str_]:
    """For the withdrawals: early (< 28 days), middle (< 84) or late, by logistic draws.

    Shares of early come from the % correct of models 19 to 28. Source: London study
    p. Regression models, p. Victims withdraw at different stages.
    """
    some = cases.take(np.flatnonzero(withdrawn))
    rng = generator(seed, "early")
    offset = linear_predictor(some, effects("early_odds"))
    names = np.full(some.size, "withdrawal late", dtype="<U20")
    early = np.zeros(some.size, dtype=np.bool_)
    for days, name in ((28, "withdrawal early"), (84, "withdrawal middle")):
        targets = _early_targets(some, days, early)
        probabilities = calibrate(offset * _OFFSET_SCALE[days], targets)
        drawn = ~early & (rng.random(some.size) < probabilities.probabilities)
        names[drawn] = name
        early |= drawn
    return names


def _early_targets(cases: Cases, days: int, early: Bools) -> list[Target]:
    """Targets among those not early yet, given how many are already."""
    targets = []
    masks = {
        "recorded": cases.is_suspect_recorded,
        "known": cases.is_suspect_known,
        "none": ~cases.is_suspect_recorded,
    }
    for row in assumption("early_targets"):
        if int(row["days"]) != days:
            continue
        share = (
            float(row["share"]) if row["share"] else implied_prevalence(row["model"])
        )
        mask = masks[row["suspect"]]
        if row["crime_area"] != "All crime":
            mask = mask & cases.yes("area: " + row["crime_area"])
        left = mask & ~early
        if not left.any():
            continue
        wanted = (share * mask.sum() - (mask & early).sum()) / left.sum()
        targets.append(
            Target(
                f"{row['crime_area']} {row['suspect']} {days}",
                left,
                float(np.clip(wanted, 0.01, 0.99)),
                _EARLY_SOFTNESS,
            )
        )
    return targets
