"""Outcome codes once it is known who withdraws; counts exact where they are printed."""

from __future__ import annotations

import numpy as np

from linkage.simulator.arrays import Bools, Codes, Floats, apportion, generator, pick
from linkage.simulator.cases import Cases
from linkage.simulator.files import assumption, lookup
from linkage.simulator.published import LONDON_CASES

NAMED_SUSPECT_CODES = ("01", "1A", "02", "2A", "03", "3A", "15", "16")
# Cases closed with a named-suspect outcome whose suspect's sex is unknown, cases
# without a suspect included: printed 14% (dq06). 14.8% keeps this within a point of
# it; among cases with a suspect it is 12.8%.
UNKNOWN_SEX_SHARE = 0.148
_ARREST_WEIGHT_JUDICIAL = 3.5
_ARREST_WEIGHT_UNNAMED = 0.15
_BLANK_WEIGHT_UNNAMED = 3.0
_OTHER_WEIGHT_WITHOUT_SUSPECT = 0.25


def outcome_codes() -> tuple[str, ...]:
    """Codes a case may close with, in the order of the lookup."""
    return tuple(
        row["outcome_code"]
        for row in lookup("outcome_codes")
        if row["is_accepted_in_cris"] == "true"
    )


def draw_outcomes(cases: Cases, is_withdrawn: Bools, seed: int) -> None:
    """Store `outcome_code`; 14 and 16 exactly where `is_withdrawn`.

    Sources: London study p. Data quality (dq06 to dq09), p. Regression models (17,352
    judicial outcomes: model 14 less model 19), p. Withdrawal differs across crime
    types (shares of outcome groups).
    """
    rng = generator(seed, "outcomes")
    names = outcome_codes()
    at = {name: i for i, name in enumerate(names)}
    cases.extra["outcome_code"] = names
    recorded, known = cases.is_suspect_recorded, cases.is_suspect_known
    arrested = cases.codes["suspect_arrest"] > 0
    scale = cases.size / LONDON_CASES
    codes: Codes = np.full(cases.size, -1, dtype=np.int32)
    unnamed: Floats = np.where(arrested, _ARREST_WEIGHT_UNNAMED, 1.0)
    if "blank_suspect" in cases.codes:
        unnamed = np.where(cases.yes("blank_suspect"), _BLANK_WEIGHT_UNNAMED, unnamed)
    populations = {
        "known": recorded & known,
        "not known": recorded & ~known,
        "none": ~recorded,
    }

    def choose(weights: Floats, mask: Bools, count: float, code: str) -> None:
        weights = np.where(mask & (codes < 0), weights, 0.0)
        codes[pick(rng, weights, round(count))] = at[code]

    counts = assumption("outcome_counts")
    for row in counts:
        if row["outcome_code"] in ("14", "16"):
            mask = populations[row["suspect"]] & is_withdrawn
            choose(unnamed, mask, float(row["cases"]) * scale, row["outcome_code"])
    codes[is_withdrawn & (codes < 0)] = np.where(
        recorded[is_withdrawn & (codes < 0)], at["16"], at["14"]
    )
    for row in counts:
        if row["suspect"] == "none" and row["outcome_code"] in ("15", "01"):
            mask = populations["none"] & ~is_withdrawn
            choose(unnamed, mask, float(row["cases"]) * scale, row["outcome_code"])
    _draw_judicial_and_other(cases, codes, at, scale, rng)
    for row in counts:
        if row["outcome_code"] == "18":
            mask = populations[row["suspect"]]
            choose(unnamed, mask, float(row["cases"]) * scale, "18")
    codes[(codes < 0) & recorded] = at["15"]
    codes[codes < 0] = at["18"]
    _match_unknown_sex(cases, codes, at, rng)
    cases.add("outcome_code", codes)


def outcome_groups(cases: Cases) -> list[tuple[dict[str, str], Bools]]:
    """Rows of `outcome_groups.csv` with their cases; the first that fits takes one."""
    left = np.ones(cases.size, dtype=np.bool_)
    found = []
    for row in assumption("outcome_groups"):
        if row["crime_area"]:
            mask = left & cases.yes("area: " + row["crime_area"])
        else:
            mask = left & cases.equals("crime_type", row["crime_type"])
        left &= ~mask
        found.append((row, mask))
    return found


def _draw_judicial_and_other(
    cases: Cases,
    codes: Codes,
    at: dict[str, int],
    scale: float,
    rng: np.random.Generator,
) -> None:
    recorded = cases.is_suspect_recorded
    arrested = cases.codes["suspect_arrest"] > 0
    youth = cases.equals("suspect_age", "1-17")
    groups = outcome_groups(cases)
    share: dict[str, dict[str, float]] = {"judicial": {}, "other": {}}
    for row in assumption("outcome_mixes"):
        share[row["outcome_group"]][row["outcome_code"]] = float(row["share"])
    for kind in ("judicial", "other"):
        weights: Floats = np.where(recorded, 1.0, _OTHER_WEIGHT_WITHOUT_SUSPECT)
        if kind == "judicial":
            weights = np.where(arrested, _ARREST_WEIGHT_JUDICIAL, 1.0) * recorded
        counts = np.array([float(row[kind]) for row, _ in groups])
        totals = apportion(counts, round(counts.sum() * scale))
        for (_, mask), total in zip(groups, totals, strict=True):
            rows = pick(rng, np.where(mask & (codes < 0), weights, 0.0), int(total))
            for is_youth in (True, False):
                some = rows[youth[rows] == is_youth]
                barred = ("03", "3A") if is_youth else ("02", "2A")
                mix = {k: v for k, v in share[kind].items() if k not in barred}
                chances = np.array(list(mix.values()))
                codes[some] = np.array([at[k] for k in mix])[
                    rng.choice(len(mix), size=len(some), p=chances / chances.sum())
                ]


def _match_unknown_sex(
    cases: Cases, codes: Codes, at: dict[str, int], rng: np.random.Generator
) -> None:
    """Swap codes between suspects of known and unknown sex.

    15 with 18 and 16 with 14, within known and not known, so that no printed count
    moves, until `UNKNOWN_SEX_SHARE` holds.
    """
    recorded, known = cases.is_suspect_recorded, cases.is_suspect_known
    unknown_sex = recorded & cases.equals("suspect_sex", "Unknown")
    named = np.isin(codes, [at[x] for x in NAMED_SUSPECT_CODES])
    wanted = UNKNOWN_SEX_SHARE * named.sum() - (named & ~recorded).sum()
    missing = round(wanted) - int((named & unknown_sex).sum())
    if not (named & recorded).any():
        return
    pairs = []
    for status in (~known & recorded, known):
        for name, other in (("15", "18"), ("16", "14")):
            has, gets = (other, name) if missing > 0 else (name, other)
            giver = np.flatnonzero(status & unknown_sex & (codes == at[has]))
            taker = np.flatnonzero(
                status & recorded & ~unknown_sex & (codes == at[gets])
            )
            length = min(len(giver), len(taker))
            pairs.append(
                np.stack(
                    [
                        rng.permutation(giver)[:length],
                        rng.permutation(taker)[:length],
                    ]
                )
            )
    joined = np.concatenate(pairs, axis=1)
    chosen = joined[:, rng.permutation(joined.shape[1])[: abs(missing)]]
    codes[chosen[0]], codes[chosen[1]] = codes[chosen[1]], codes[chosen[0]]
