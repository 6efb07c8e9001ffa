"""Plain truth: withdrawal depends on the variables of model 3 and on nothing else.

Covariates are independent and none is rare, so that a few thousand cases recover every
planted coefficient. Shares are those of `assumptions/plain_shares.csv`, all ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from linkage.simulator.areas import find_areas
from linkage.simulator.arrays import Bools, Codes, expit, generator, quota_codes
from linkage.simulator.cases import (
    CATEGORIES,
    NO_SUSPECT,
    OFFENCE_VARIABLES,
    SUSPECT_STATUSES,
    SUSPECT_VARIABLES,
    VICTIM_VARIABLES,
    Cases,
)
from linkage.simulator.effects import Effect, effects, linear_predictor
from linkage.simulator.files import assumption, lookup
from linkage.simulator.geography import bcus, boroughs
from linkage.simulator.offences import offence_positions, offence_table
from linkage.simulator.population import derive_flags

if TYPE_CHECKING:
    import pandas as pd

# Puts overall withdrawal near 45% with the planted odds ratios (ours).
INTERCEPT = -0.3
_FROM_STRATA = ("domestic", "honour")
_OFFENCE_SETS = {
    "Violence without injury": "common assault",
    "Violence with injury": "injury",
    "Rape": "rape",
    "Other sexual offences": "sexual",
    "Arson and criminal damage": "criminal damage",
    "Robbery": "robbery",
    "Public order offences": "public order",
}


@dataclass(frozen=True)
class PlainTruth:
    """The planted model and its draw; `is_withdrawn` has shape (cases,)."""

    intercept: float
    coefficients: tuple[Effect, ...]
    is_withdrawn: Bools


def planted() -> tuple[Effect, ...]:
    """Effects of the variables of model 3, for categories that plain cases have."""
    present = {(row["variable"], row["category"]) for row in _shares()}
    return tuple(
        effect
        for effect in effects("withdrawal_odds")
        if (effect.variable, effect.category) in present
        or effect.variable in _DERIVED
        or (effect.variable == "suspect_relationship" and effect.category != "Unknown")
    )


_DERIVED = (
    "victim_age",
    "suspect_age",
    "victim_injured",
    "suspect_arrested_on_scene",
    "suspect_arrested_or_interviewed_later",
    "honour_based_violence_flag",
    "domestic_incident_flag",
)


def _shares() -> tuple[dict[str, str], ...]:
    return assumption("plain_shares")


def draw_plain(size: int, seed: int) -> Cases:
    """Draw plain cases: every variable by its own exact quota, independently."""
    rng = generator(seed, "plain")
    cases = Cases(size)
    cases.extra["status"] = SUSPECT_STATUSES
    tables: dict[str, list[tuple[str, float]]] = {}
    for row in _shares():
        tables.setdefault(row["variable"], []).append(
            (row["category"], float(row["share"]))
        )
    for name in _FROM_STRATA:
        cases.extra[name] = ("No", "Yes")
    everyone = np.arange(size)
    cases.add("status", _draw(rng, size, tables.pop("status"), SUSPECT_STATUSES))
    recorded = np.flatnonzero(cases.is_suspect_recorded)
    for variable, table in tables.items():
        categories = cases.categories(variable)
        of_suspect = variable.startswith("suspect_")
        codes: Codes = np.zeros(size, dtype=np.int32)
        if of_suspect and NO_SUSPECT in categories:
            codes[:] = categories.index(NO_SUSPECT)
        rows = recorded if of_suspect else everyone
        codes[rows] = _draw(rng, len(rows), table, categories)
        cases.add(variable, codes)
    _relate(cases)
    _name_offences(cases, rng)
    derive_flags(cases, rng)
    for name, mask in find_areas(cases).items():
        cases.extra["area: " + name] = ("No", "Yes")
        cases.add("area: " + name, mask)
    _place(cases, rng)
    return cases


def _draw(
    rng: np.random.Generator,
    size: int,
    table: list[tuple[str, float]],
    categories: tuple[str, ...],
) -> Codes:
    positions = np.array([categories.index(name) for name, _ in table], dtype=np.int32)
    drawn: Codes = positions[quota_codes(rng, size, [share for _, share in table])]
    return drawn


def _relate(cases: Cases) -> None:
    """Strangers and partners have the relationship of their status."""
    codes = cases.codes["suspect_relationship"]
    for status, category in (
        ("stranger", "Not recorded (stranger)"),
        ("partner", "Current or ex-partner"),
    ):
        position = CATEGORIES["suspect_relationship"].index(category)
        codes[cases.equals("status", status)] = position


def _name_offences(cases: Cases, rng: np.random.Generator) -> None:
    cases.extra["offence"] = tuple(row.offence for row in offence_table())
    offence = np.zeros(cases.size, dtype=np.int64)
    for crime_type, name in _OFFENCE_SETS.items():
        rows = np.flatnonzero(cases.equals("crime_type", crime_type))
        positions, shares = offence_positions(name)
        offence[rows] = positions[quota_codes(rng, len(rows), shares)]
    cases.add("offence", offence)


def _place(cases: Cases, rng: np.random.Generator) -> None:
    names, units = boroughs(), bcus()
    share_of = {row["borough"]: float(row["share"]) for row in assumption("boroughs")}
    codes = quota_codes(rng, cases.size, [share_of[name] for name in names])
    unit_of = np.array([units.index(row["bcu"]) for row in lookup("borough_bcus")])
    cases.extra["borough"], cases.extra["bcu"] = names, units
    cases.add("borough", codes)
    cases.add("bcu", unit_of[codes])


def draw_plain_withdrawal(cases: Cases, seed: int) -> PlainTruth:
    """Independent Bernoulli draws from intercept plus planted coefficients.

    A case without a suspect has the intercept and the offence and victim variables.
    """
    coefficients = planted()
    log_odds = INTERCEPT + linear_predictor(cases, coefficients)
    drawn = generator(seed, "plain withdrawal").random(cases.size)
    return PlainTruth(INTERCEPT, coefficients, drawn < expit(log_odds))


def plain_frame(size: int, seed: int) -> pd.DataFrame:
    """Plain cases with grouped categories as text and `is_victim_withdrawal`."""
    import pandas as pd

    cases = draw_plain(size, seed)
    truth = draw_plain_withdrawal(cases, seed)
    columns: dict[str, object] = {
        variable: np.array(cases.categories(variable), dtype=object)[
            cases.codes[variable]
        ]
        for variable in (*OFFENCE_VARIABLES, *VICTIM_VARIABLES, *SUSPECT_VARIABLES)
    }
    columns["is_suspect_recorded"] = cases.is_suspect_recorded
    columns["is_victim_withdrawal"] = truth.is_withdrawn
    return pd.DataFrame(columns)
