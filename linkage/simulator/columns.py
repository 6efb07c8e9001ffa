"""Text columns as codes and values, and the tables made of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from linkage.simulator.arrays import Bools, Codes, Ints
from linkage.simulator.calendar import NO_DAY

MISSING = -1


@dataclass
class Column:
    """Text by row: `values[codes[row]]`, or missing where the code is `MISSING`."""

    codes: Codes
    values: tuple[str, ...]

    def take(self, rows: Ints | Bools) -> Column:
        """Pick these rows of the column."""
        return Column(self.codes[rows], self.values)

    def texts(self) -> list[str | None]:
        """Spell the column out, row by row."""
        return [None if code < 0 else self.values[code] for code in self.codes]

    def set_text(self, rows: Ints, texts: list[str]) -> None:
        """Write these texts into these rows, adding values where they are new."""
        known = {value: i for i, value in enumerate(self.values)}
        fresh = [x for x in dict.fromkeys(texts) if x not in known]
        for value in fresh:
            known[value] = len(known)
        self.values = (*self.values, *fresh)
        self.codes[rows] = np.array([known[text] for text in texts], dtype=np.int32)


@dataclass
class Table:
    """Rows of one extract: the report each belongs to, and its columns in order.

    `report` is -1 where a row names no report that was drawn.
    """

    report: Ints
    columns: dict[str, Column] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.report)

    def take(self, rows: Ints | Bools) -> Table:
        """Pick these rows of the table."""
        return Table(
            self.report[rows],
            {name: column.take(rows) for name, column in self.columns.items()},
        )


def column_of(codes: Ints | Codes, values: tuple[str, ...]) -> Column:
    """Make a column in which an empty text is missing."""
    codes = codes.astype(np.int32)
    for i, value in enumerate(values):
        if not value:
            codes = np.where(codes == i, MISSING, codes).astype(np.int32)
    return Column(codes, values)


def date_column(days: Ints) -> Column:
    """ISO dates from days since 1970-01-01; `NO_DAY` is missing."""
    present = days != NO_DAY
    if not present.any():
        return Column(np.full(len(days), MISSING, dtype=np.int32), ())
    first, last = int(days[present].min()), int(days[present].max())
    start = dt.date(1970, 1, 1)
    values = tuple(
        (start + dt.timedelta(days=day)).isoformat() for day in range(first, last + 1)
    )
    return Column(np.where(present, days - first, MISSING).astype(np.int32), values)


def number_column(numbers: Ints) -> Column:
    """Whole numbers from 1 as text."""
    top = int(numbers.max(initial=1))
    values = tuple(str(i) for i in range(1, top + 1))
    return Column((numbers - 1).astype(np.int32), values)
