"""Dirty rows, of every kind the input contract rejects or has to survive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from linkage.simulator.arrays import Bools, Ints, quota_codes
from linkage.simulator.columns import MISSING, Column, Table
from linkage.simulator.reports import Reports, spell_oddly

_NO_REPORT = "9{number:06d}/99"
_BAD_DATES = ("31/02/2021", "2021-02-31", "yesterday")
_BAD_AGES = ("abc", "12.5")
_ODD_AGES = ("999", "-3")
_UNKNOWN_TEXT = "Not in any lookup"
_ALTERNATIVE_FLAGS = {
    "Homophobic Incident": "Homophobic incidents",
    "Islamophobic Hate Crime": "Islamaphobic Hate Crime",
    "Faith Hate Crime": "Faith Hate",
    "Disability Hate Crime": "Disability Related Hate Crime",
    "Anti-Semitic Incident": "Anti-Semitic Racial Incident",
    "Domestic Incident": "Domestic incident flag",
    "Honour Based Violence": "HBV flag",
}
_CATEGORIES = {
    "offences": ("venue_type", "how_notified", "borough"),
    "victims": ("nationality", "ethnic_appearance", "injury_degree"),
    "suspects": ("how_known", "nationality", "pnc_status"),
    "flags": ("flag",),
    "knife_crime_features": ("feature",),
}
_YES_NO = {
    "victims": ("repeat_victim", "cris_repeat_victim"),
    "suspects": ("arrested", "interviewed", "arrested_on_scene"),
}
_KEY = {"offences": "offence_no", "victims": "victim_no", "suspects": "suspect_no"}
_DATES = ("outcome_on", "committed_on", "reported_on", "investigation_completed_on")


@dataclass
class DirtyTable:
    """A table after dirt.

    `is_bad` marks the rows of any report that cannot be read or whose key is repeated;
    `kinds` counts the changes.
    """

    table: Table
    is_bad: Bools
    kinds: dict[str, int]


def keep_clean(table: Table) -> DirtyTable:
    """Leave a table without dirt."""
    return DirtyTable(table, np.zeros(len(table), dtype=np.bool_), {})


def make_dirty(
    extract: str, table: Table, share: float, reports: Reports, rng: np.random.Generator
) -> DirtyTable:
    """Make `share` of the rows dirty, each in one way, the ways in equal parts.

    A kind that adds a row (a repeat, an orphan) leaves its original row unchanged. Only
    rows of combined cases lose their `crime_ref`, so that no removed report turns into
    a case.
    """
    table = Table(
        table.report.copy(),
        {n: Column(c.codes.copy(), c.values) for n, c in table.columns.items()},
    )
    job = _Job(extract, table, reports, rng)
    kinds = job.kinds()
    rows = rng.permutation(len(table))[: round(share * len(table))]
    kind_codes = quota_codes(rng, len(rows), np.ones(len(kinds)))
    for position, (kind, soil) in enumerate(kinds.items()):
        chosen = np.sort(rows[kind_codes == position])
        if len(chosen):
            job.counts[kind] = soil(chosen)
    return job.finish()


class _Job:
    def __init__(
        self, extract: str, table: Table, reports: Reports, rng: np.random.Generator
    ) -> None:
        self.extract, self.table, self.reports, self.rng = extract, table, reports, rng
        self.bad = np.zeros(len(table), dtype=np.bool_)
        self.added: list[Table] = []
        self.added_bad: list[Bools] = []
        self.counts: dict[str, int] = {}
        self.orphans = 0

    def kinds(self) -> dict[str, Callable[[Ints], int]]:
        shared: dict[str, Callable[[Ints], int]] = {
            "odd_spelling": self.odd_spelling,
            "unknown_category": self.unknown_category,
        }
        if self.extract in ("flags", "knife_crime_features"):
            return {
                **shared,
                "unknown_category": self.unknown_mark,
                "orphan": self.orphan,
                "missing_key": self.keyless_copy,
                "identical_row": self.repeated_mark,
                **(
                    {"alternative_spelling": self.alternative_flag}
                    if self.extract == "flags"
                    else {}
                ),
            }
        shared |= {
            "missing_key": self.missing_key,
            "repeated_key": self.repeated_key,
            "identical_row": self.identical_row,
        }
        if self.extract == "offences":
            return shared | {
                "bad_date": self.bad_date,
                "missing_date": self.missing_date,
                "missing_recorded_on": self.missing_recorded,
                "unknown_outcome_code": self.unknown_outcome,
                "alternative_outcome_code": self.alternative_outcome,
                "no_main": self.no_main,
                "two_mains": self.two_mains,
            }
        return shared | {
            "bad_age": self.bad_age,
            "age_out_of_range": self.odd_age,
            "bad_yes_no": self.bad_yes_no,
            "orphan": self.orphan,
        }

    def finish(self) -> DirtyTable:
        parts = [self.table, *self.added]
        bad = np.concatenate([self.bad, *self.added_bad])
        report = np.concatenate([part.report for part in parts])
        columns = {}
        for name in self.table.columns:
            values = self.table.columns[name].values
            at = {value: i for i, value in enumerate(values)}
            merged = []
            for part in parts:
                column = part.columns[name]
                if column.values is values or column.values == values:
                    merged.append(column.codes)
                    continue
                for value in column.values:
                    at.setdefault(value, len(at))
                moved = np.array(
                    [at[value] for value in column.values] + [MISSING], dtype=np.int32
                )
                merged.append(moved[column.codes])
            columns[name] = Column(np.concatenate(merged), tuple(at))
        order = np.argsort(
            np.where(report < 0, len(self.reports), report), kind="stable"
        )
        table = Table(report, columns).take(order)
        return DirtyTable(table, bad[order], dict(sorted(self.counts.items())))

    # -- ways of being dirty; each returns how many rows it made dirty ----------------

    def _text(self, name: str, rows: Ints) -> list[str]:
        return [text or "" for text in self.table.columns[name].take(rows).texts()]

    def _cycle(self, choices: tuple[str, ...], rows: Ints) -> list[str]:
        return [choices[i % len(choices)] for i in range(len(rows))]

    def _add(self, rows: Ints, *, bad: bool) -> Table:
        copy = self.table.take(rows)
        self.added.append(copy)
        self.added_bad.append(np.full(len(rows), bad))
        return copy

    def odd_spelling(self, rows: Ints) -> int:
        names = _CATEGORIES[self.extract]
        if self.extract == "offences":
            names = (*names, "major_crime", "minor_crime", "offence")
        for i, name in enumerate(names):
            some = rows[i :: len(names)]
            texts = self._text(name, some)
            odd = [
                f" {x.upper()}  " if k % 2 else x.lower() for k, x in enumerate(texts)
            ]
            filled = np.array([bool(x) for x in texts], dtype=np.bool_)
            self.table.columns[name].set_text(
                some[filled], [x for x, ok in zip(odd, filled, strict=True) if ok]
            )
        return len(rows)

    def unknown_category(self, rows: Ints) -> int:
        names = _CATEGORIES[self.extract]
        for i, name in enumerate(names):
            some = rows[i :: len(names)]
            self.table.columns[name].set_text(some, [_UNKNOWN_TEXT] * len(some))
        return len(rows)

    def unknown_mark(self, rows: Ints) -> int:
        copy = self._add(rows, bad=False)
        name = _CATEGORIES[self.extract][0]
        copy.columns[name].set_text(np.arange(len(rows)), [_UNKNOWN_TEXT] * len(rows))
        return len(rows)

    def alternative_flag(self, rows: Ints) -> int:
        texts = self._text("flag", rows)
        spelled = [_ALTERNATIVE_FLAGS.get(text, text) for text in texts]
        self.table.columns["flag"].set_text(rows, spelled)
        return sum(a != b for a, b in zip(texts, spelled, strict=True))

    def repeated_mark(self, rows: Ints) -> int:
        self._add(rows, bad=False)
        return len(rows)

    def keyless_copy(self, rows: Ints) -> int:
        copy = self._add(rows, bad=True)
        copy.report[:] = -1
        copy.columns["crime_ref"].codes[:] = MISSING
        return len(rows)

    def orphan(self, rows: Ints) -> int:
        copy = self._add(rows, bad=True)
        copy.report[:] = -1
        numbers = range(self.orphans, self.orphans + len(rows))
        self.orphans += len(rows)
        copy.columns["crime_ref"].set_text(
            np.arange(len(rows)), [_NO_REPORT.format(number=n) for n in numbers]
        )
        return len(rows)

    def missing_key(self, rows: Ints) -> int:
        """No number; or, for some offences and victims of a case, no `crime_ref`."""
        may = self.reports.case[self.table.report[rows]] >= 0
        if self.extract == "suspects":
            may[:] = False
        refless = rows[may & (np.arange(len(rows)) % 2 == 0)]
        numberless = np.setdiff1d(rows, refless)
        self.table.columns["crime_ref"].codes[refless] = MISSING
        self.table.report[refless] = -1
        self.table.columns[_KEY[self.extract]].codes[numberless] = MISSING
        self.bad[rows] = True
        return len(rows)

    def repeated_key(self, rows: Ints) -> int:
        copy = self._add(rows, bad=True)
        name = _CATEGORIES[self.extract][0]
        copy.columns[name].codes[:] = MISSING
        if self.extract == "offences":
            copy.columns["offence_role"].set_text(
                np.arange(len(rows)), ["Subsidiary"] * len(rows)
            )
        self.bad[rows] = True
        return len(rows)

    def identical_row(self, rows: Ints) -> int:
        self._add(rows, bad=True)
        self.bad[rows] = True
        return len(rows)

    def bad_date(self, rows: Ints) -> int:
        names = (*_DATES, "recorded_on")
        for i, name in enumerate(names):
            some = rows[i :: len(names)]
            self.table.columns[name].set_text(some, self._cycle(_BAD_DATES, some))
        self.bad[rows] = True
        return len(rows)

    def missing_date(self, rows: Ints) -> int:
        for i, name in enumerate(_DATES):
            self.table.columns[name].codes[rows[i :: len(_DATES)]] = MISSING
        return len(rows)

    def missing_recorded(self, rows: Ints) -> int:
        self.table.columns["recorded_on"].codes[rows] = MISSING
        self.bad[rows] = True
        return len(rows)

    def unknown_outcome(self, rows: Ints) -> int:
        self.table.columns["outcome_code"].set_text(rows, ["99"] * len(rows))
        self.bad[rows] = True
        return len(rows)

    def alternative_outcome(self, rows: Ints) -> int:
        texts = self._text("outcome_code", rows)
        filled = np.array([bool(x) for x in texts], dtype=np.bool_)
        spelled = [
            f" {spell_oddly(x.upper().zfill(2), i % 2 == 0)} "
            for i, x in enumerate(texts)
            if x
        ]
        self.table.columns["outcome_code"].set_text(rows[filled], spelled)
        return int(filled.sum())

    def no_main(self, rows: Ints) -> int:
        roles = self.table.columns["offence_role"]
        main = roles.codes[rows] == roles.values.index("Main")
        roles.set_text(rows[main], ["Subsidiary"] * int(main.sum()))
        return int(main.sum())

    def two_mains(self, rows: Ints) -> int:
        copy = self._add(rows, bad=False)
        everyone = np.arange(len(rows))
        copy.columns["offence_no"].set_text(everyone, ["9"] * len(rows))
        copy.columns["offence_role"].set_text(everyone, ["Main"] * len(rows))
        return len(rows)

    def bad_age(self, rows: Ints) -> int:
        self.table.columns["age_at_report"].set_text(rows, self._cycle(_BAD_AGES, rows))
        self.bad[rows] = True
        return len(rows)

    def odd_age(self, rows: Ints) -> int:
        self.table.columns["age_at_report"].set_text(rows, self._cycle(_ODD_AGES, rows))
        return len(rows)

    def bad_yes_no(self, rows: Ints) -> int:
        names = _YES_NO[self.extract]
        for i, name in enumerate(names):
            some = rows[i :: len(names)]
            self.table.columns[name].set_text(some, ["Maybe"] * len(some))
        self.bad[rows] = True
        return len(rows)
