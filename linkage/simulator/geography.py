"""Where the cases are: boroughs by our shares, tilted by crime area.

The tilt makes the printed rates of the basic command units average to the printed rate
of the whole area.
"""

from __future__ import annotations

import numpy as np

from linkage.simulator.arrays import Bools, Floats, quota_codes
from linkage.simulator.cases import Cases
from linkage.simulator.files import assumption, lookup
from linkage.simulator.published import bcu_rates, whole_rate

# The first area a case belongs to, in this order, decides its shares.
_ORDER = (
    "Child sexual abuse",
    "Adult rape offences",
    "Adult sexual offences",
    "Stalking",
    "Domestic abuse",
    "Hate crime",
    "Serious youth violence",
    "Violence with injury",
    "All crime",
)
_MAX_TILT = 30.0


def boroughs() -> tuple[str, ...]:
    """Borough names in the order of the lookup."""
    return tuple(row["borough"] for row in lookup("borough_bcus"))


def bcus() -> tuple[str, ...]:
    """Names of the basic command units, each once, in the order of the lookup."""
    return tuple(dict.fromkeys(row["bcu"] for row in lookup("borough_bcus")))


def draw_boroughs(cases: Cases, rng: np.random.Generator) -> None:
    """Draw `borough` and derive `bcu`; needs the areas of the cases."""
    names, units = boroughs(), bcus()
    unit_of = np.array([units.index(row["bcu"]) for row in lookup("borough_bcus")])
    base_of = {row["borough"]: float(row["share"]) for row in assumption("boroughs")}
    base: Floats = np.array([base_of[name] for name in names])
    base /= base.sum()
    cases.extra["borough"], cases.extra["bcu"] = names, units
    codes = np.zeros(cases.size, dtype=np.int32)
    placed = np.zeros(cases.size, dtype=np.bool_)
    for area in _ORDER:
        inside: Bools = (
            np.ones(cases.size, dtype=np.bool_)
            if area == "All crime"
            else cases.yes("area: " + area)
        )
        rows = np.flatnonzero(inside & ~placed)
        if not len(rows):
            continue
        rate_of = bcu_rates(area)
        rates = np.array([rate_of.get(units[u], np.nan) for u in unit_of])
        before = np.bincount(codes[inside & placed], minlength=len(names)).astype(
            np.float64
        )
        shares = _tilted(base, rates, whole_rate(area), before, len(rows))
        codes[rows] = quota_codes(rng, len(rows), shares)
        placed[rows] = True
    cases.add("borough", codes)
    cases.add("bcu", unit_of[codes])


def _tilted(
    base: Floats, rates: Floats, target: float, before: Floats, size: int
) -> Floats:
    """Tilt the shares until the mean rate is the target.

    Shares are proportional to base times exp(tilt x rate); the mean includes the cases
    already placed. If no tilt reaches the target, the nearest is used.
    """
    known = ~np.isnan(rates)
    centred = np.where(known, rates - target, 0.0)

    def gap(tilt: float) -> float:
        shares = base * np.exp(tilt * centred)
        shares /= shares.sum()
        return float((before * centred).sum() + size * (shares * centred).sum())

    low, high = -_MAX_TILT, _MAX_TILT
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if gap(middle) < 0 else (low, middle)
    weights: Floats = base * np.exp((low + high) / 2 * centred)
    weights /= weights.sum()
    return weights
