"""Offence names the simulator draws, and the properties each name implies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from linkage.simulator.arrays import Floats, Ints
from linkage.simulator.files import assumption, lookup

_MAJOR_OF_TYPE = {
    "Violence with injury": "Violence Against the Person",
    "Violence without injury": "Violence Against the Person",
    "Rape": "Sexual Offences",
    "Other sexual offences": "Sexual Offences",
    "Robbery": "Robbery",
    "Arson and criminal damage": "Arson and Criminal Damage",
    "Public order offences": "Public Order Offences",
}


@dataclass(frozen=True)
class Offence:
    """One police-recorded offence with its classification and its area rules."""

    major_crime: str
    minor_crime: str
    offence: str
    is_in_scope: bool
    rules: frozenset[tuple[str, str]]

    @property
    def is_domestic_by_name(self) -> bool:
        """Domestic abuse regardless of flags."""
        return ("Domestic abuse", "includes") in self.rules

    @property
    def is_honour_based_by_name(self) -> bool:
        """Honour based violence regardless of flags."""
        return ("Honour based violence", "includes") in self.rules

    @property
    def is_aggravated(self) -> bool:
        """Hate crime regardless of flags."""
        return ("Hate crime", "includes") in self.rules


@cache
def offence_table() -> tuple[Offence, ...]:
    """Every offence drawn, in scope first, then those out of scope."""
    majors = {
        row["offence_set"]: _MAJOR_OF_TYPE[row["crime_type"]]
        for row in assumption("strata")
    }
    found: dict[tuple[str, str, str], bool] = {}
    for row in assumption("offence_sets"):
        key = (majors[row["offence_set"]], row["minor_crime"], row["offence"])
        found[key] = True
    for row in assumption("out_of_scope_offences"):
        found[(row["major_crime"], row["minor_crime"], row["offence"])] = False
    return tuple(
        Offence(*key, is_in_scope=in_scope, rules=_rules(*key))
        for key, in_scope in found.items()
    )


def _rules(major: str, minor: str, offence: str) -> frozenset[tuple[str, str]]:
    """Rules of `seeds/crime_area_rules.csv` that the classification meets."""
    fields = {"major_crime": major, "minor_crime": minor, "offence": offence}
    met = set()
    for row in lookup("crime_area_rules"):
        value = fields[row["field"]].lower()
        rule = row["value"].lower()
        if value == rule or (row["comparison"] == "contains" and rule in value):
            met.add((row["crime_area"], row["criterion"]))
    return frozenset(met)


@cache
def offence_positions(offence_set: str) -> tuple[Ints, Floats]:
    """Positions in the offence table and shares of one offence set."""
    table = {(x.offence, x.minor_crime): i for i, x in enumerate(offence_table())}
    rows = [x for x in assumption("offence_sets") if x["offence_set"] == offence_set]
    positions = [table[(row["offence"], row["minor_crime"])] for row in rows]
    shares = [float(row["share"]) for row in rows]
    return np.array(positions, dtype=np.int64), np.array(shares)
