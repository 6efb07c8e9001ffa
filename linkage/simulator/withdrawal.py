"""Draws withdrawal: planted odds ratios plus adjustments to printed rates."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.simulator.areas import AREAS
from linkage.simulator.arrays import Bools, generator
from linkage.simulator.calibration import Calibration, Target, calibrate
from linkage.simulator.cases import Cases
from linkage.simulator.effects import withdrawal_predictor
from linkage.simulator.published import (
    bcu_rates,
    fact,
    implied_prevalence,
    sample_size,
    victim_group_rates,
    whole_rate,
)

_CELL, _SIZE, _GROUP, _FACT = 0.0003, 0.0005, 0.003, 0.003
_AGE_GROUPS = {
    "1-17 yrs": "1-17",
    "18-24 yrs": "18-24",
    "25-64 yrs": "25-64",
    "65+ yrs": "65+",
    "Unknown": "Unknown",
}
# London study p. Regression models: sample of the early/late model (withdrawals) over
# the sample of the model on all cases of the same filter.
_WITHDRAWAL_SAMPLES = (
    ("Domestic abuse, suspect known", "20", "4"),
    ("Stalking", "21", "10"),
    ("Hate crime", "22", "11"),
    ("Serious youth violence", "23", "12"),
    ("Violence with injury", "24", "13"),
    ("Adult sexual offences", "26", "7"),
    ("Adult rape offences", "27", "8"),
    ("Child sexual abuse", "28", "9"),
)
# Single printed rates: fact, area or None, further conditions (variable, category).
_FACTS: tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
    ("of011", ("Honour based violence",), ()),
    ("of012", (), (("crime_type", "Robbery"),)),
    ("of013", (), (("crime_type", "Arson and criminal damage"),)),
    ("of020", ("Adult sexual offences", "Domestic abuse"), ()),
    ("of021", ("Adult rape offences", "Domestic abuse"), ()),
    ("of022", ("Violence with injury", "Domestic abuse"), ()),
    ("of024", ("Domestic abuse",), (("crime_type", "Violence without injury"),)),
    ("of026", ("Stalking", "Domestic abuse"), ()),
    ("of032", ("Hate crime",), (("crime_type", "Public order offences"),)),
    ("of034", (), (("hate_strand", "Islamophobic hate crime"),)),
    ("of035", (), (("hate_strand", "Transgender hate crime"),)),
    ("of036", (), (("hate_strand", "Antisemitic hate crime"),)),
    ("of037", ("Serious youth violence", "Violence with injury"), ()),
    ("of038", ("Serious youth violence",), (("crime_type", "Robbery"),)),
    ("of039", ("Serious youth violence",), (("knife_crime_flag", "Yes"),)),
)
_FACTS_BY_OFFENCE = (
    ("of023", "Common assault and battery"),
    ("of025", "Sending letters etc with intent to cause distress or anxiety"),
    ("of027", "Threats to kill"),
    ("of028", "Harassment"),
    (
        "of029",
        "Engage in controlling/coercive behaviour in an intimate/family relationship",
    ),
)


@dataclass(frozen=True)
class Withdrawal:
    """Outcome of the draw, shape (cases,), with the calibration behind it."""

    is_withdrawn: Bools
    calibration: Calibration


def draw_withdrawal(cases: Cases, seed: int) -> Withdrawal:
    """Independent Bernoulli draws from the calibrated probabilities."""
    calibration = calibrate(withdrawal_predictor(cases), withdrawal_targets(cases))
    drawn = generator(seed, "withdrawal").random(cases.size)
    return Withdrawal(drawn < calibration.probabilities, calibration)


def withdrawal_targets(cases: Cases) -> list[Target]:
    """Every printed rate the simulation must meet, highest weight first.

    Sources: London study p. Victim withdrawal differs by BCU; p. Withdrawal rates
    differ across victim characteristics; p. Regression models; p. Withdrawal differs
    across crime types.
    """
    return [
        *_by_bcu(cases),
        *_by_status(cases),
        *_by_sample(cases),
        *_by_victim_group(cases),
        *_by_fact(cases),
    ]


def area_mask(cases: Cases, area: str) -> Bools:
    """Cases in a crime area; every case for `All crime`."""
    if area == "All crime":
        return cases.codes["stratum"] >= 0
    return cases.yes("area: " + area)


def _by_bcu(cases: Cases) -> list[Target]:
    targets = []
    for area in ("All crime", *AREAS[:-1]):
        inside = area_mask(cases, area)
        for bcu, rate in bcu_rates(area).items():
            mask = inside & cases.equals("bcu", bcu)
            targets.append(Target(f"{area} | bcu | {bcu}", mask, rate, _CELL))
        if area != "All crime":
            targets.append(Target(f"{area} | all", inside, whole_rate(area), _GROUP))
    return targets


def _by_status(cases: Cases) -> list[Target]:
    known, recorded = cases.is_suspect_known, cases.is_suspect_recorded
    prefix = "All crime | suspect |"
    return [
        Target(f"{prefix} none", ~recorded, implied_prevalence("15"), _SIZE),
        Target(
            f"{prefix} not known", recorded & ~known, implied_prevalence("17"), _SIZE
        ),
        Target(f"{prefix} known", known, implied_prevalence("18"), _SIZE),
    ]


def _by_sample(cases: Cases) -> list[Target]:
    targets = []
    for name, part, whole in _WITHDRAWAL_SAMPLES:
        area, _, known = name.partition(", ")
        mask = area_mask(cases, area) & (
            cases.is_suspect_known if known else cases.is_suspect_recorded
        )
        rate = sample_size(part) / sample_size(whole)
        targets.append(Target(f"{name} | suspect recorded", mask, rate, _SIZE))
    return targets


def _by_victim_group(cases: Cases) -> list[Target]:
    targets = []
    for dimension, category, area, rate in victim_group_rates():
        if dimension == "sex":
            mask = cases.equals("victim_sex", category)
        elif dimension == "ethnicity":
            mask = cases.equals("victim_ethnicity", category)
        elif dimension == "age":
            mask = cases.equals("victim_age", _AGE_GROUPS[category])
        elif category in cases.categories("victim_age_detail")[:4]:
            mask = cases.equals("victim_age_detail", category)
        else:
            continue  # the detail table repeats the adult bands of the main one
        name = f"{area} | victim {dimension} | {category}"
        targets.append(Target(name, mask & area_mask(cases, area), rate, _GROUP))
    return targets


def _by_fact(cases: Cases) -> list[Target]:
    targets = []
    for fact_id, areas, conditions in _FACTS:
        mask = area_mask(cases, "All crime")
        for area in areas:
            mask = mask & area_mask(cases, area)
        for variable, category in conditions:
            mask = mask & cases.equals(variable, category)
        targets.append(Target(f"fact {fact_id}", mask, fact(fact_id), _FACT))
    domestic = area_mask(cases, "Domestic abuse")
    for fact_id, offence in _FACTS_BY_OFFENCE:
        mask = domestic & cases.equals("offence", offence)
        targets.append(Target(f"fact {fact_id}", mask, fact(fact_id), _FACT))
    hate_violence = area_mask(cases, "Hate crime") & (
        cases.equals("crime_type", "Violence with injury")
        | cases.equals("crime_type", "Violence without injury")
    )
    targets.append(Target("fact of033", hate_violence, fact("of033"), _FACT))
    sexual = area_mask(cases, "Adult sexual offences") & ~area_mask(
        cases, "Adult rape offences"
    )
    targets.append(Target("fact of030", sexual, fact("of030"), _FACT))
    return targets
