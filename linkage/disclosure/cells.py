"""The counts of a group of tables as cells, and the sums that tie them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from linkage.base.errors import LinkageError
from linkage.disclosure.settings import Group, Sum, Table, fill

Place = tuple[str, ...]
Lookup = Mapping[str, str]


@dataclass
class Cell:
    """One count: published by some table, or implied by published counts.

    `at_least`: the least an outsider knows it to be, since each row counts something.
    `zero_is_small`: here zero would reveal as much of people as one.
    """

    value: int
    at_least: int = 0
    is_implied: bool = False
    zero_is_small: bool = False


@dataclass(frozen=True)
class Cells:
    """Cells and sums as arrays: `sums @ value == 0`, one row for each sum."""

    columns: Sequence[str]
    places: Sequence[Place]
    value: Any
    at_least: Any
    is_implied: Any
    zero_is_small: Any
    sums: Any

    def small(self, threshold: int) -> Any:
        """Cells under the threshold, to be protected whether published or implied."""
        some = (self.value > 0) | self.zero_is_small
        return some & (self.value < threshold)


class CellBuilder:
    """Collects the cells of a group's tables, then ties them together by its sums."""

    def __init__(self, columns: Sequence[str]) -> None:
        """Start with no cells; `columns` make up a place."""
        self.columns = [*columns, "measure"]
        self.cells: dict[Place, Cell] = {}
        self.sums: list[tuple[Place, list[Place]]] = []

    def add_table(self, table: Table, frame: pd.DataFrame) -> list[list[Place]]:
        """Add a table's counts; returns the places of the counts under each row."""
        places = []
        for values in frame.itertuples(index=False):
            row = dict(zip(frame.columns, values, strict=True))
            own = [self._place(at) for at in table.places_of(row)]
            for column, place in zip(table.counts, own, strict=False):
                if pd.notna(row[column]):
                    shown = int(column == table.rows_show)
                    zero = column in table.zeros_are_small
                    self._add(place, Cell(int(row[column]), shown, False, zero))
            places.append(own)
        return places

    def add_sum(self, rule: Sum, lookups: Mapping[str, Lookup]) -> None:
        """Tie the parts that the rule selects to their totals.

        Raises LinkageError where the warehouse contradicts the rule.
        """
        gathered: dict[tuple[Place, Place], list[Place]] = {}
        for place, cell in list(self.cells.items()):
            at = dict(zip(self.columns, place, strict=True))
            if cell.is_implied and not rule.with_implied:
                continue
            if any(at[name] not in wanted for name, wanted in rule.parts.items()):
                continue
            total = self._total(rule, at, lookups)
            if total is None or total == place:
                continue
            each = tuple(at[name] for name in rule.each)
            if rule.kind in ("each_within", "same"):
                each = place
            gathered.setdefault((total, each), []).append(place)
        for (total, each), parts in gathered.items():
            self._tie(rule, total, each, parts)

    def build(self) -> Cells:
        """Everything as arrays."""
        places = list(self.cells)
        number = {place: at for at, place in enumerate(places)}
        rows, columns, signs = [], [], []
        for row, (total, parts) in enumerate(self.sums):
            for place, sign in ((total, -1), *((part, 1) for part in parts)):
                rows.append(row)
                columns.append(number[place])
                signs.append(sign)
        sums = sparse.csr_array(
            (np.array(signs, dtype=np.int64), (rows, columns)),
            shape=(len(self.sums), len(places)),
        )
        found = list(self.cells.values())
        at_least = np.array([cell.at_least for cell in found], dtype=np.int64)
        for _ in range(5):
            for total, parts in self.sums:
                least = sum(at_least[number[part]] for part in parts)
                at_least[number[total]] = max(at_least[number[total]], least)
        return Cells(
            self.columns,
            places,
            np.array([cell.value for cell in found], dtype=np.int64),
            at_least,
            np.array([cell.is_implied for cell in found], dtype=bool),
            np.array([cell.zero_is_small for cell in found], dtype=bool),
            sums,
        )

    def _place(self, at: Mapping[str, str]) -> Place:
        return tuple(at[name] for name in self.columns)

    def _add(self, place: Place, cell: Cell) -> None:
        known = self.cells.setdefault(place, cell)
        if known.value != cell.value:
            raise LinkageError(f"two counts of {' / '.join(place)} do not agree")

    def _total(
        self, rule: Sum, at: Mapping[str, str], lookups: Mapping[str, Lookup]
    ) -> Place | None:
        changed = {}
        for name, to in rule.total.items():
            if isinstance(to, Mapping):
                found = lookups[to["query"]].get(at[name])
                if found is None:
                    return None
                changed[name] = found
            else:
                changed[name] = fill(to, at)
        return self._place({**at, **changed})

    def _tie(self, rule: Sum, total: Place, each: Place, parts: list[Place]) -> None:
        added = sum(self.cells[part].value for part in parts)
        if total not in self.cells:
            return
        rest = self.cells[total].value - added
        if rest < 0 or (rest and rule.kind in ("sum", "same")):
            raise LinkageError(
                f"settings.yml of disclosure: {rule.name!r} does not hold for "
                f"{' / '.join(total)}: {added} against {self.cells[total].value}"
            )
        if rule.kind in ("within", "each_within"):
            left = self._rest(rule, total, each)
            self.cells[left] = Cell(
                rest, is_implied=True, zero_is_small=rule.zeros_are_small
            )
            parts = [*parts, left]
        self.sums.append((total, parts))

    def _rest(self, rule: Sum, total: Place, each: Place) -> Place:
        less = " and ".join(each) or rule.name
        if rule.kind == "within":
            return tuple(f"{one} less {less}" for one in total)
        return tuple(
            f"{one} less {part}" if one != part else one
            for one, part in zip(total, each, strict=True)
        )


def collect(
    group: Group,
    tables: Mapping[str, Table],
    frames: Mapping[str, pd.DataFrame],
    lookups: Mapping[str, Lookup],
) -> tuple[Cells, dict[str, list[list[Place]]]]:
    """A group's cells, and per table the places of each row's counts."""
    columns = list(dict.fromkeys(name for one in tables.values() for name in one.place))
    builder = CellBuilder(columns)
    places = {
        name: builder.add_table(table, frames[name]) for name, table in tables.items()
    }
    _refuse_unnamed(group, builder)
    for rule in group.sums:
        builder.add_sum(rule, lookups)
    return builder.build(), places


def _refuse_unnamed(group: Group, builder: CellBuilder) -> None:
    """Refuse a value without a sum: its disclosure risk is unknown."""
    for column in group.named:
        at, known = builder.columns.index(column), group.names(column)
        unknown = sorted({place[at] for place in builder.cells} - known)
        if unknown:
            raise LinkageError(
                f"settings.yml of disclosure: no sum names the {column} "
                f"“{unknown[0]}”, so what its counts give away is not known and no "
                "table that has it is published outside; name it in the sums it "
                "belongs to"
            )
