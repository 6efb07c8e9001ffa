"""Small sets of cases counted as the marts count them, and one who attacks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from linkage.disclosure.cells import Cells, Place, collect
from linkage.disclosure.export import protected_counts
from linkage.disclosure.rounding import round_counts
from linkage.disclosure.settings import (
    DisclosureSettings,
    Group,
    read_disclosure_settings,
)

TABLE = "marts.withdrawal_rates"
TYPES = ("Rape", "Robbery", "Public order offences")
BOROUGHS = {"Brent": "North", "Barnet": "North", "Camden": "East", "Hackney": "East"}
SEXES = ("Female", "Male", "Unknown")
KINDS = [
    (kind, borough, sex, withdrew)
    for kind, borough, sex, withdrew in product(TYPES, BOROUGHS, SEXES, (True, False))
]
Row = tuple[str, str, str, str]


def rules(**changes: Any) -> DisclosureSettings:
    return replace(read_disclosure_settings(), **changes)


def members(place: Row) -> list[int]:
    """Which kinds of cases a count is of; the test's own reading of the table."""
    area, dimension, category, measure = place
    return [
        number
        for number, (kind, borough, sex, withdrew) in enumerate(KINDS)
        if area in ("All crime", kind)
        and category
        in {
            "all": ("All cases",),
            "bcu": (BOROUGHS[borough],),
            "borough": (borough,),
            "crime_type": (kind,),
            "victim_sex": (sex,),
        }[dimension]
        and (measure == "cases" or withdrew == (measure == "withdrawals"))
    ]


def frame_of(counts: Sequence[int]) -> pd.DataFrame:
    """`withdrawal_rates` of these numbers of cases, one for each of KINDS."""
    rows = []
    categories = {
        "all": ["All cases"],
        "bcu": sorted(set(BOROUGHS.values())),
        "borough": list(BOROUGHS),
        "crime_type": list(TYPES),
        "victim_sex": list(SEXES),
    }
    for area in ("All crime", *TYPES):
        for dimension, names in categories.items():
            for name in names:
                cases, withdrawals = (
                    sum(counts[one] for one in members((area, dimension, name, what)))
                    for what in ("cases", "withdrawals")
                )
                if cases:
                    rows.append((area, dimension, name, cases, withdrawals))
    columns = ["crime_area", "dimension", "category", "cases", "withdrawals"]
    return pd.DataFrame(rows, columns=columns)


def cells_of(frame: pd.DataFrame) -> tuple[Cells, Group]:
    used = rules()
    lookups = {
        to["query"]: BOROUGHS if "borough" in to["query"] else {}
        for rule in used.groups["withdrawals"].sums
        for to in rule.total.values()
        if isinstance(to, Mapping)
    }
    group = used.groups["withdrawals"]
    cells, _ = collect(group, {TABLE: used.tables[TABLE]}, {TABLE: frame}, lookups)
    return cells, group


def protected(
    counts: Sequence[int], earlier: Iterable[pd.DataFrame] = (), **changes: Any
) -> tuple[Cells, pd.DataFrame]:
    """The cells, and for each its true count and why it is suppressed."""
    cells, group = cells_of(frame_of(counts))
    return cells, protected_counts(cells, group, rules(**changes), list(earlier))


def shown_of(cells: Cells, why: Any, base: int | None = None) -> dict[Place, int]:
    """What is published: to the unit, or rounded."""
    value = cells.value if base is None else round_counts(cells.value, base)
    return {
        place: int(value[number])
        for number, place in enumerate(cells.places)
        if not why[number] and not cells.is_implied[number]
    }


def there_of(frame: pd.DataFrame) -> list[Place]:
    """Counts of which the mere rows say that they are not nothing."""
    return [
        (row.crime_area, row.dimension, row.category, "cases")
        for row in frame.itertuples()
    ]


def mask_of(place: Sequence[str]) -> Any:
    """1 for the kinds of cases that a count is of."""
    mask = np.zeros(len(KINDS))
    mask[members((place[0], place[1], place[2], place[3]))] = 1
    return mask


class Attacker:
    """Holds every published count for exact, and knows what each of them counts.

    Unknown are only the numbers of cases of each kind: whatever follows from sums,
    margins, other areas or the complement follows from those. A row that is there
    counts something; a row that is not, nothing.
    """

    def __init__(
        self,
        there: Iterable[Sequence[str]],
        shown: Mapping[Place, int],
        mask: Callable[[Sequence[str]], Any] = mask_of,
    ) -> None:
        self.mask = mask
        least = np.array([mask(place) for place in there])
        self.known = np.array([mask(place) for place in shown])
        self.values = list(shown.values())
        self.least = -least
        self.bounds = [(0, None if one else 0) for one in least.sum(axis=0) > 0]

    def interval(self, place: Sequence[str]) -> tuple[float, float]:
        """The lowest and the highest that the count may be."""
        ends = []
        for sign in (1, -1):
            found = linprog(
                sign * self.mask(place),
                A_ub=self.least,
                b_ub=-np.ones(len(self.least)),
                A_eq=self.known if len(self.known) else None,
                b_eq=self.values if len(self.known) else None,
                bounds=self.bounds,
            )
            ends.append(np.inf if found.status == 3 else float(found.fun) * sign)
            assert found.status in (0, 3), found.message
        return ends[0], ends[1]
