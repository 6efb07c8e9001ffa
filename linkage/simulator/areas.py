"""The crime areas of a case, by the rules of `seeds/crime_area_rules.csv`."""

from __future__ import annotations

import numpy as np

from linkage.simulator.arrays import Bools
from linkage.simulator.cases import YOUNG, Cases
from linkage.simulator.offences import offence_table

AREAS = (
    "Domestic abuse",
    "Adult sexual offences",
    "Adult rape offences",
    "Child sexual abuse",
    "Stalking",
    "Hate crime",
    "Serious youth violence",
    "Violence with injury",
    "Honour based violence",
)
_CHILD = (0, 1, 2, 3)


def find_areas(cases: Cases) -> dict[str, Bools]:
    """Area name to which cases belong to it; areas overlap, and a case may have none.

    Source: London study p. Crime type definitions. An unknown age is not a child.
    """
    offence = cases.codes["offence"]

    def meets(area: str, criterion: str) -> Bools:
        by_offence = np.array([(area, criterion) in x.rules for x in offence_table()])
        mask: Bools = by_offence[offence]
        return mask

    victim_age = cases.codes["victim_age_detail"]
    suspect_age = cases.codes["suspect_age_detail"]
    domestic = meets("Domestic abuse", "includes") | cases.yes("domestic_incident_flag")
    child = meets("Child sexual abuse", "includes at any victim age") | (
        meets("Child sexual abuse", "includes")
        & (
            meets("Child sexual abuse", "states a child victim")
            | np.isin(victim_age, _CHILD)
        )
    )
    young = np.array(sorted(YOUNG))
    return {
        "Domestic abuse": domestic,
        "Adult sexual offences": meets("Adult sexual offences", "includes") & ~child,
        "Adult rape offences": meets("Adult rape offences", "includes") & ~child,
        "Child sexual abuse": child,
        "Stalking": meets("Stalking", "includes"),
        "Hate crime": meets("Hate crime", "includes")
        | ~cases.equals("hate_strand", "No hate flag"),
        "Serious youth violence": meets("Serious youth violence", "includes")
        & ~meets("Serious youth violence", "excludes")
        & ~domestic
        & np.isin(victim_age, young)
        & np.isin(suspect_age, young),
        "Violence with injury": cases.equals("crime_type", "Violence with injury"),
        "Honour based violence": meets("Honour based violence", "includes")
        | cases.yes("honour_based_violence_flag"),
    }
