"""Draws the cases: strata of fixed size, then every variable by exact quotas.

A stratum is a kind of crime inside a set of crime areas; each is split by suspect
status (none, stranger, partner, otherwise known). The counts are those of
`assumptions/strata.csv` at London size, scaled by cumulative rounding.
"""

from __future__ import annotations

import numpy as np

from linkage.simulator.areas import find_areas
from linkage.simulator.arrays import Codes, Floats, apportion, generator, quota_codes
from linkage.simulator.cases import (
    AGE_DETAILS,
    AGE_GROUP_OF_DETAIL,
    CATEGORIES,
    NO_SUSPECT,
    SUSPECT_STATUSES,
    YOUNG,
    Cases,
)
from linkage.simulator.files import assumption
from linkage.simulator.geography import draw_boroughs
from linkage.simulator.offences import offence_positions, offence_table

BLANK_STRANGER_SHARE = 0.037
AGGRAVATED_WITHOUT_FLAG_SHARE = 0.03
COUNT_COLUMNS = ("no_suspect", "stranger", "partner", "known")


def share_tables() -> dict[tuple[str, str], dict[str, float]]:
    """`shares.csv` as (variable, mix) to category shares."""
    tables: dict[tuple[str, str], dict[str, float]] = {}
    for row in assumption("shares"):
        key = (row["variable"], row["mix"])
        tables.setdefault(key, {})[row["category"]] = float(row["share"])
    return tables


def draw_population(cases: int, seed: int) -> Cases:
    """Draw `cases` calibrated cases, everything but the outcome and the dates.

    Rows come in the order of the strata; areas are stored as `area: <name>`.
    """
    strata = assumption("strata")
    weights = np.array(
        [float(row[column]) for row in strata for column in COUNT_COLUMNS]
    )
    counts = apportion(weights, cases)
    cells = np.repeat(np.arange(len(weights)), counts)
    stratum = cells // len(COUNT_COLUMNS)
    population = Cases(cases)
    population.extra["stratum"] = tuple(row["stratum"] for row in strata)
    population.extra["status"] = SUSPECT_STATUSES
    population.add("stratum", stratum)
    population.add("status", cells % len(COUNT_COLUMNS))
    for variable, column in (
        ("domestic", "is_domestic"),
        ("hate_crime_flag", "is_hate"),
        ("honour", "is_honour_based"),
    ):
        population.extra.setdefault(variable, ("No", "Yes"))
        population.add(
            variable, np.array([row[column] == "Y" for row in strata])[stratum]
        )
    population.add(
        "crime_type",
        np.array([CATEGORIES["crime_type"].index(row["crime_type"]) for row in strata])[
            stratum
        ],
    )
    _draw_offences(population, generator(seed, "offences"))
    _draw_mixes(population, generator(seed, "variables"))
    _separate_youth(population, generator(seed, "youth"))
    _blank_suspects(population, generator(seed, "blank suspects"))
    derive_flags(population, generator(seed, "flags"))
    for name, mask in find_areas(population).items():
        population.extra["area: " + name] = ("No", "Yes")
        population.add("area: " + name, mask)
    draw_boroughs(population, generator(seed, "boroughs"))
    return population


def _draw_offences(population: Cases, rng: np.random.Generator) -> None:
    """Draw the offence name of each case from its stratum's set."""
    strata = assumption("strata")
    sets = np.array([row["offence_set"] for row in strata])
    population.extra["offence"] = tuple(row.offence for row in offence_table())
    offence: Codes = np.zeros(population.size, dtype=np.int32)
    for name in dict.fromkeys(sets):
        chosen = np.flatnonzero(
            np.isin(population.codes["stratum"], np.flatnonzero(sets == name))
        )
        positions, shares = offence_positions(str(name))
        offence[chosen] = positions[quota_codes(rng, len(chosen), shares)]
    population.add("offence", offence)


def _draw_mixes(population: Cases, rng: np.random.Generator) -> None:
    """Draw every variable of `profiles.csv`, one quota per mix and suspect status."""
    tables = share_tables()
    profiles = {row["profile"]: row for row in assumption("profiles")}
    strata = assumption("strata")
    status = population.codes["status"]
    variables = [x for x in next(iter(profiles.values())) if x not in _NOT_VARIABLES]
    for variable in variables:
        categories = CATEGORIES.get(variable, ("No", "Yes"))
        is_suspects = variable.startswith("suspect_")
        mixes = np.array(
            [profiles[row["profile"]][variable] for row in strata], dtype=object
        )
        codes: Codes = np.zeros(population.size, dtype=np.int32)
        if is_suspects and NO_SUSPECT in categories:
            codes[:] = categories.index(NO_SUSPECT)
        stratum_mix = {mix: i for i, mix in enumerate(dict.fromkeys(mixes))}
        mix_code = np.array([stratum_mix[mix] for mix in mixes])[
            population.codes["stratum"]
        ]
        for mix, position in stratum_mix.items():
            of_mix = mix_code == position
            for level, name in enumerate(SUSPECT_STATUSES):
                if is_suspects and name == "none":
                    continue
                rows = np.flatnonzero(of_mix & (status == level))
                if len(rows):
                    table = _table(tables, variable, str(mix), name)
                    codes[rows] = _quota(rng, len(rows), table, categories)
        population.add(variable, codes)


_NOT_VARIABLES = ("profile", "note")


def _table(
    tables: dict[tuple[str, str], dict[str, float]],
    variable: str,
    mix: str,
    status: str,
) -> dict[str, float]:
    """Look up the mix for this status, else the mix, else what any mix has for it."""
    for name in (f"{mix}/{status}", mix, f"any/{status}"):
        if (variable, name) in tables:
            return tables[(variable, name)]
    raise KeyError(f"shares.csv has no mix {mix} ({status}) of {variable}")


def _quota(
    rng: np.random.Generator,
    size: int,
    table: dict[str, float],
    categories: tuple[str, ...],
) -> Codes:
    positions = np.array([categories.index(name) for name in table], dtype=np.int32)
    drawn: Codes = positions[quota_codes(rng, size, list(table.values()))]
    return drawn


def _separate_youth(population: Cases, rng: np.random.Generator) -> None:
    """Outside the youth strata a victim of 1-24 has no suspect of 1-24.

    Only where the serious-youth-violence rule would otherwise apply; the suspect's age
    is redrawn from the older bands.
    """
    rules = np.array([row["youth_rule"] == "out" for row in assumption("strata")])
    young_codes = np.array(sorted(YOUNG))
    is_out = rules[population.codes["stratum"]]
    both = (
        is_out
        & np.isin(population.codes["victim_age_detail"], young_codes)
        & np.isin(population.codes["suspect_age_detail"], young_codes)
    )
    rows = np.flatnonzero(both)
    older: Floats = np.array([0.0] * 5 + [0.74, 0.03, 0.23])
    codes = population.codes["suspect_age_detail"]
    codes[rows] = quota_codes(rng, len(rows), older)


def _blank_suspects(population: Cases, rng: np.random.Generator) -> None:
    """Record some strangers with every field unknown."""
    strangers = np.flatnonzero(
        population.equals("status", "stranger")
        & population.equals("suspect_arrest", "No")
        & ~np.isin(population.codes["suspect_age_detail"], np.array(sorted(YOUNG)))
    )
    total = int(population.equals("status", "stranger").sum())
    count = min(round(total * BLANK_STRANGER_SHARE), len(strangers))
    rows = rng.permutation(strangers)[:count]
    blank = np.zeros(population.size, dtype=np.bool_)
    blank[rows] = True
    population.extra["blank_suspect"] = ("No", "Yes")
    population.add("blank_suspect", blank)
    for variable in (
        "suspect_sex",
        "suspect_age_detail",
        "suspect_ethnicity",
        "suspect_nationality",
        "suspect_pnc_status",
    ):
        position = CATEGORIES[variable].index("Unknown")
        population.codes[variable][rows] = position
    population.codes["suspect_disability"][rows] = 0
    population.codes["suspect_relationship"][rows] = 0


def derive_flags(population: Cases, rng: np.random.Generator) -> None:
    """Age groups, injury, arrest and the flags that follow from the stratum."""
    groups = np.array([*AGE_GROUP_OF_DETAIL, len(CATEGORIES["victim_age"])])
    population.add("victim_age", groups[population.codes["victim_age_detail"]])
    population.add("suspect_age", groups[population.codes["suspect_age_detail"]])
    injured = np.isin(
        population.codes["victim_injury_degree"],
        [CATEGORIES["victim_injury_degree"].index(x) for x in _INJURED],
    )
    population.add("victim_injured", injured)
    arrest = population.codes["suspect_arrest"]
    population.add("suspect_arrested_on_scene", arrest == 1)
    population.add("suspect_arrested_or_interviewed_later", arrest == 2)
    offences = offence_table()
    by_name = np.array([x.is_domestic_by_name for x in offences])
    aggravated = np.array([x.is_aggravated for x in offences])
    honour = np.array([x.is_honour_based_by_name for x in offences])
    offence = population.codes["offence"]
    # An offence that makes the area by its name may lack the flag.
    unflagged = rng.random(population.size)
    population.add(
        "domestic_incident_flag",
        population.yes("domestic") & ~(by_name[offence] & (unflagged < 0.15)),
    )
    population.add(
        "honour_based_violence_flag",
        population.yes("honour") & ~(honour[offence] & (unflagged < 0.2)),
    )
    strand = population.codes["hate_strand"]
    without = len(CATEGORIES["hate_strand"]) - 1
    strand[~population.yes("hate_crime_flag")] = without
    only_by_name = (
        population.yes("hate_crime_flag")
        & aggravated[offence]
        & (rng.random(population.size) < AGGRAVATED_WITHOUT_FLAG_SHARE)
    )
    strand[only_by_name] = without


_INJURED = ("Minor", "Moderate", "Serious")
assert CATEGORIES["victim_age_detail"] == AGE_DETAILS
