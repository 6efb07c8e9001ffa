"""Outcomes from the two printed logistic models, planted on the printed variables.

Success has probability s = expit(a + x b), evidential difficulties (victim) e = expit(c
+ x d), with the printed b and d (section 7.4), numeric variables in their own units and
a, c such that the study's prevalences are the printed ones. One draw decides both, s
first and e in what s leaves, so each model holds marginally; where s + e is
above 1, e is cut to 1 - s.

Officers enter by a cubic B-spline without inner knots (R's splines::bs, df = 3) from 1
to 88. Of the bases of three terms it is the one that gives figure 15 with the printed
coefficients: success least likely near 30 officers, difficulties at 10 to 12. Harrell's
first term is the count itself, and R's natural splines have their least at 1 officer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from linkage.simulator.arrays import Bools, Codes, Floats, Ints, expit, generator
from linkage.simulator.calendar import day_number
from linkage.simulator.violent_crime import FULL_SIZE
from linkage.simulator.violent_crime.crimes import Crimes, Offenders
from linkage.simulator.violent_crime.figures import (
    EV_DIFF,
    INTERCEPT,
    SUCCESS,
    assumption,
    coefficients,
    fact,
    parameter,
    shares,
)

GROUPS = (
    "success",
    "evidential difficulties (victim)",
    "evidential difficulties (other)",
    "other negative result",
)
NO_GROUP = -1
# Levels for missing information: without effect where it is not informative.
MISSING_TERMS = (
    "vict_informedX",
    "vict_informed_methodUN",
    "victim_codeX",
    "response_codeUN",
    "support_discussedX",
    "self_ass_eaNS",
    "offageunknown",
)
# Printed name of a variable to ours; report_method 5 is every other one, in no term.
_FACTORS = {
    "year": "year",
    "vulnerable": "vulnerable",
    "victim_support": "victim_support",
    "vict_informed": "informed",
    "vict_informed_method": "informed_method",
    "victim_code": "victim_code",
    "response_code": "response_code",
    "inj_code": "injury_code",
    "report_method": "report_method",
    "vicage": "vicage",
    "vic_sex": "sex",
    "offender_unknown": "offender_unknown",
    "section": "section",
    "self_ass_ea": "self_defined_ethnicity",
    "npu": "npu",
    "daily_bulletin": "daily_bulletin",
    "offage": "offage",
    "support_discussed": "support_discussed",
    "uncooperative": "uncooperative",
}
_NUMBERS: dict[str, Callable[[dict[str, Ints]], Ints | Floats]] = {
    "num_offs": lambda n: n["num_offs"],
    "offs_m": lambda n: n["offs_m"],
    "offs_f": lambda n: n["offs_f"],
    "num_logs": lambda n: n["logs"],
    "max_log_days": lambda n: n["last_log_days"],
    "days_to_cu": lambda n: n["clear_up_days"],
    # 0 means not available (section 7.1).
    "vic_inf_days": lambda n: np.maximum(n["informed_days"], 0),
    "inv_off_spline1": lambda n: spline_terms(n["officers"])[:, 0],
    "inv_off_spline2": lambda n: spline_terms(n["officers"])[:, 1],
    "inv_off_spline3": lambda n: spline_terms(n["officers"])[:, 2],
}


@dataclass(frozen=True)
class PlantedModel:
    """A planted model: its intercept, coefficients by printed term, probabilities."""

    intercept: float
    coefficients: dict[str, float]
    probabilities: Floats


@dataclass(frozen=True)
class Outcomes:
    """Group (position in GROUPS, or NO_GROUP while open) and code of each crime.

    `cut` is the share of the study's crimes where s + e was above 1.
    """

    group: Ints
    code: Codes
    codes: tuple[str, ...]
    models: dict[str, PlantedModel]
    cut: float


def spline_terms(officers: Ints) -> Floats:
    """The three terms of a cubic B-spline without inner knots, shape (rows, 3)."""
    low, high = parameter("officers_lowest"), parameter("officers_highest")
    u = (np.clip(officers, low, high) - low) / (high - low)
    return np.stack([3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3], axis=1)


def design_column(crimes: Crimes, term: str) -> Floats:
    """Column of a printed term, such as `vicage26 to 40:vic_sexF`; shape (crimes,)."""
    column: Floats = np.ones(len(crimes))
    for part in term.split(":"):
        column = column * _factor(crimes, part)
    return column


def _factor(crimes: Crimes, part: str) -> Floats | Ints | Bools:
    if part in _NUMBERS:
        return _NUMBERS[part](crimes.numbers)
    name = max((x for x in _FACTORS if part.startswith(x)), key=len)
    return crimes.equals(_FACTORS[name], part.removeprefix(name))


def draw_outcomes(
    crimes: Crimes, offenders: Offenders, seed: int, *, is_missingness_informative: bool
) -> Outcomes:
    """Draw group and clear-up code of every crime that was cleared up."""
    rng = generator(seed, "violent crime outcomes")
    study = crimes.in_study
    predictors = {}
    planted: dict[str, dict[str, float]] = {}
    for model in (SUCCESS, EV_DIFF):
        planted[model] = {
            term: 0.0
            if term in MISSING_TERMS and not is_missingness_informative
            else value
            for term, value in coefficients(model).items()
            if term != INTERCEPT
        }
        predictors[model] = np.zeros(len(crimes))
        for term, value in planted[model].items():
            predictors[model] += value * design_column(crimes, term)
    remaining: Floats = np.ones(int(study.sum()))
    models = {}
    for model, prevalence in (
        (SUCCESS, fact("prevalence_success")),
        (EV_DIFF, fact("prevalence_ev_diff_victim")),
    ):
        offset = predictors[model][study]
        intercept = _intercept(offset, remaining, prevalence)
        probabilities = expit(intercept + offset)
        cut = float((probabilities > remaining).mean())
        probabilities = np.minimum(probabilities, remaining)
        models[model] = PlantedModel(intercept, planted[model], probabilities)
        remaining = remaining - probabilities
    group = np.full(len(crimes), NO_GROUP, dtype=np.int64)
    chance = rng.random(len(remaining))
    success, both = models[SUCCESS].probabilities, 1.0 - remaining
    group[study] = np.where(chance < success, 0, np.where(chance < both, 1, 2))
    _split_rest(crimes, group, rng)
    _draw_lost(crimes, group, rng)
    code, codes = _draw_codes(crimes, group, rng)
    return Outcomes(group, code, codes, models, cut)


def _intercept(offset: Floats, remaining: Floats, prevalence: float) -> float:
    """Intercept whose mean probability, cut to `remaining`, is `prevalence`."""
    low, high = -60.0, 60.0
    for _ in range(60):
        middle = (low + high) / 2
        if np.minimum(expit(middle + offset), remaining).mean() < prevalence:
            low = middle
        else:
            high = middle
    return high


def _split_rest(crimes: Crimes, group: Ints, rng: np.random.Generator) -> None:
    """Evidential difficulties (other) up to the year's printed number, by sex."""
    female = crimes.equals("sex", "F")
    tilt = np.log(parameter("female_odds_ev_diff_other"))
    for row in assumption("years"):
        rest = np.flatnonzero((group == 2) & crimes.equals("year", row["year"]))
        if len(rest) == 0:
            continue
        wanted = float(row["ev_diff_other"]) / FULL_SIZE * crimes.in_study.sum()
        offset = tilt * female[rest]
        share = min(wanted / len(rest), 1.0)
        p = expit(_intercept(offset, np.ones(len(rest)), share) + offset)
        group[rest[rng.random(len(rest)) >= p]] = 3


def _draw_lost(crimes: Crimes, group: Ints, rng: np.random.Generator) -> None:
    """Crimes outside the study; before 2014 there was only success (section 4)."""
    table = shares("outcome")
    lost = np.flatnonzero(~crimes.in_study & ~crimes.is_lost_at("not cleared up"))
    drawn = rng.choice(len(GROUPS), size=len(lost), p=[table[name] for name in GROUPS])
    first = int(fact("data_from_year"))
    early = crimes.day[lost] < day_number(dt.date(first, 1, 1))
    group[lost] = np.where(early, 0, drawn)


def _draw_codes(
    crimes: Crimes, group: Ints, rng: np.random.Generator
) -> tuple[Codes, tuple[str, ...]]:
    """Home Office outcomes of each group, none before it was in use."""
    code = np.full(len(crimes), -1, dtype=np.int32)
    codes = tuple(str(number) for number in range(1, 23))
    cleared = crimes.day + crimes.numbers["clear_up_days"]
    identified = crimes.equals("identified", "Y")
    tables: dict[tuple[str, str], list[tuple[str, int, float]]] = {}
    for row in assumption("outcome_codes"):
        since = day_number(dt.date.fromisoformat(row["from"])) if row["from"] else 0
        key = (row["outcome"], row["population"])
        tables.setdefault(key, []).append((row["code"], since, float(row["share"])))
    for (name, population), table in tables.items():
        rows = group == GROUPS.index(name)
        if population:
            rows = rows & (identified == (population == "identified"))
        where = np.flatnonzero(rows)
        p = np.array([share for *_, share in table])
        drawn = rng.choice(len(table), size=len(where), p=p / p.sum())
        # A code drawn before its time becomes the group's first one.
        starts = np.array([day for _, day, _ in table])
        drawn = np.where(cleared[where] < starts[drawn], 0, drawn)
        listed = np.array([codes.index(x) for x, *_ in table], dtype=np.int32)
        code[where] = listed[drawn]
    return code, codes
