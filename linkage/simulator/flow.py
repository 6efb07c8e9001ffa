"""Expected results of the pipeline: the case flow by the input contract, exactly."""

from __future__ import annotations

import numpy as np

from linkage.simulator.areas import AREAS, find_areas
from linkage.simulator.arrays import Bools, Ints
from linkage.simulator.cases import AGE_DETAILS, SUSPECT_STATUSES, Cases
from linkage.simulator.columns import Column
from linkage.simulator.dirt import DirtyTable
from linkage.simulator.files import lookup
from linkage.simulator.reports import Reports

STEPS = (
    "rejected",
    "outside the study period",
    "no outcome",
    "no crime or admin",
    "crime type out of scope",
    "no victim",
    "several victims",
    "several suspects",
    "several offences",
)
_NO_OUTCOME, _NO_CRIME, _OTHER_OUTCOME = 0, 1, 2


class Flow:
    """Reads deliveries in order and keeps, per report, the values of the latest."""

    def __init__(self, reports: Reports) -> None:
        """Start before the first delivery."""
        size = len(reports)
        self.reports = reports
        self.is_delivered = np.zeros(size, dtype=np.bool_)
        self.is_rejected = np.zeros(size, dtype=np.bool_)
        self.counts = {
            name: np.zeros(size, dtype=np.int64)
            for name in ("offences", "victims", "suspects")
        }
        self.outcome = np.zeros(size, dtype=np.int64)
        self.in_scope = np.zeros(size, dtype=np.bool_)
        self.ages = {
            name: np.full(size, -1, dtype=np.int64) for name in ("victims", "suspects")
        }
        self.is_known = np.zeros(size, dtype=np.bool_)
        self.borough = np.full(size, -1, dtype=np.int64)
        self.rows: dict[str, int] = {}
        self.rejected_rows: dict[str, int] = {}
        self.dirty_rows: dict[str, int] = {}

    def read(self, delivery: dict[str, DirtyTable]) -> None:
        """Add one delivery; its reports replace earlier versions of them."""
        size = len(self.reports)
        offences = delivery["offences"]
        report = offences.table.report
        keyed = report >= 0
        named = np.zeros(size, dtype=np.bool_)
        named[report[keyed]] = True
        self.is_delivered |= named
        self.is_rejected[named] = False
        roles = offences.table.columns["offence_role"]
        is_main = roles.codes == roles.values.index("Main")
        mains = np.bincount(report[keyed & is_main], minlength=size)
        miscounted = named & (mains != 1)
        self.is_rejected |= miscounted
        main = np.flatnonzero(keyed & is_main)
        self.outcome[report[main]] = _outcome_kinds(
            offences.table.columns["outcome_code"]
        )[main]
        self.in_scope[report[main]] = _in_scope(offences.table.columns["major_crime"])[
            main
        ]
        self.borough[report[main]] = _boroughs(offences.table.columns["borough"])[main]
        suspects = delivery["suspects"].table
        self.is_known[named] = False
        some = np.flatnonzero(suspects.report >= 0)
        self.is_known[suspects.report[some]] = _known(suspects.columns["how_known"])[
            some
        ]
        for extract, dirty in delivery.items():
            of = dirty.table.report
            known = (of >= 0) & named[np.maximum(of, 0)]
            bad = dirty.is_bad | ~known
            if extract == "offences":
                bad |= keyed & miscounted[np.maximum(of, 0)]
            self._count(extract, dirty, bad)
            if extract in self.counts:
                self.is_rejected[of[known & bad]] = True
                counted = np.bincount(of[known], minlength=size)
                self.counts[extract][named] = counted[named]
            if extract in self.ages:
                self.ages[extract][named] = -1
                self.ages[extract][of[known]] = _ages(
                    dirty.table.columns["age_at_report"]
                )[known]

    def _count(self, extract: str, dirty: DirtyTable, bad: Bools) -> None:
        self.rows[extract] = self.rows.get(extract, 0) + len(dirty.table)
        self.rejected_rows[extract] = self.rejected_rows.get(extract, 0) + int(
            bad.sum()
        )
        for kind, count in dirty.kinds.items():
            name = f"{extract}: {kind}"
            self.dirty_rows[name] = self.dirty_rows.get(name, 0) + count

    def removal_steps(self) -> Ints:
        """Find the step (from 1) that removes each report.

        0 is a combined case, -1 a report never delivered. No study period is set, so
        nothing falls outside it.
        """
        conditions = [
            ~self.is_delivered,
            self.is_rejected,
            self.outcome == _NO_OUTCOME,
            self.outcome == _NO_CRIME,
            ~self.in_scope,
            self.counts["victims"] == 0,
            self.counts["victims"] > 1,
            self.counts["suspects"] > 1,
            self.counts["offences"] > 1,
        ]
        steps: Ints = np.select(conditions, [-1, 1, 3, 4, 5, 6, 7, 8, 9], default=0)
        return steps

    def removed(self) -> dict[str, int]:
        """Count the reports removed at each step of the flow, in its order."""
        counts = np.bincount(self.removal_steps() + 1, minlength=len(STEPS) + 2)
        return {step: int(counts[i + 2]) for i, step in enumerate(STEPS)}

    def combined(self, cases: Cases) -> tuple[Cases, dict[str, Bools]]:
        """Pick the combined cases as delivered, with their areas.

        Dirt that leaves a report in the flow may still hide an age (999), a
        relationship or a borough, and with it an area.
        """
        rows = np.flatnonzero(self.removal_steps() == 0)
        combined = cases.take(self.reports.case[rows])
        for extract, variable in (("victims", "victim"), ("suspects", "suspect")):
            details = _details(self.ages[extract][rows])
            present = combined.codes[f"{variable}_age_detail"] < len(AGE_DETAILS)
            combined.codes[f"{variable}_age_detail"] = np.where(
                present, details, combined.codes[f"{variable}_age_detail"]
            ).astype(np.int32)
        hidden = combined.is_suspect_known & ~self.is_known[rows]
        combined.codes["status"][hidden] = SUSPECT_STATUSES.index("stranger")
        names = combined.extra["borough"]
        borough = np.where(
            self.borough[rows] < 0, names.index("Unknown"), self.borough[rows]
        )
        units = combined.extra["bcu"]
        unit_of = np.array([units.index(x["bcu"]) for x in lookup("borough_bcus")])
        combined.add("borough", borough)
        combined.add("bcu", unit_of[borough])
        areas = find_areas(combined)
        return combined, {name: areas[name] for name in AREAS}


def _outcome_kinds(column: Column) -> Ints:
    kinds = {"NC": _NO_CRIME, "ADM": _NO_CRIME}
    by_value = [
        kinds.get(text.strip().upper(), _OTHER_OUTCOME) for text in column.values
    ]
    return np.array([*by_value, _NO_OUTCOME])[column.codes]


def _in_scope(column: Column) -> Bools:
    scope = {
        _matched(row["raw_major_crime"]): row["is_in_scope"] == "true"
        for row in lookup("major_crimes")
    }
    by_value = [scope.get(_matched(text), False) for text in column.values]
    return np.array([*by_value, False])[column.codes]


def _known(column: Column) -> Bools:
    """Mark relationships that the lookup counts as known to the victim."""
    known = {
        _matched(row["raw_how_known"]): row["is_known_to_victim"] == "true"
        for row in lookup("relationships")
    }
    by_value = [known.get(_matched(text), False) for text in column.values]
    return np.array([*by_value, False])[column.codes]


def _boroughs(column: Column) -> Ints:
    """Position of the borough in the lookup; -1 where it is missing or not there."""
    places = {
        _matched(row["borough"]): i for i, row in enumerate(lookup("borough_bcus"))
    }
    by_value = [places.get(_matched(text), -1) for text in column.values]
    return np.array([*by_value, -1])[column.codes]


def _matched(text: str) -> str:
    return " ".join(text.lower().split())


def _ages(column: Column) -> Ints:
    by_value = [
        int(text) if text.lstrip("-").isdigit() and 0 <= int(text) <= 120 else -1
        for text in column.values
    ]
    return np.array([*by_value, -1])[column.codes]


def _details(ages: Ints) -> Ints:
    """Position in `AGE_DETAILS` of an age; 0 and unknown ages are `Unknown`."""
    bounds = np.array([1, 10, 13, 16, 18, 25, 65])
    found = np.searchsorted(bounds, ages, side="right") - 1
    return np.where((ages < 1) | (ages > 120), len(AGE_DETAILS) - 1, found)
