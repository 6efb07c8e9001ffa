"""Parts of a page: figures with their table, sentence and filters."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from linkage.report.wording import FEWER

DASH = "\N{EN DASH}"
# Between the values of several filters in the key of a sentence.
AND = " | "
Value = str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """A column of a figure's table.

    `kind` is text, count (a number, or the words `fewer than 10`), percent (a share of
    0-1), points (a difference of shares), ratio (two decimals), measure (three), month
    (YYYY-MM) or model (the id of a model, a link to its page). A column without label
    is not in the table: filters or the chart need it.
    """

    name: str
    label: str
    kind: str = "text"

    @property
    def is_number(self) -> bool:
        """Is it set to the right?"""
        return self.kind not in ("text", "month", "model")


@dataclass(frozen=True)
class Choice:
    """A filter of a page: its choices, and the first one."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    default: str

    @classmethod
    def of(cls, name: str, label: str, values: Sequence[str], first: str) -> Choice:
        """A filter whose values are their own labels."""
        return cls(name, label, [(value, value) for value in values], first)


@dataclass(frozen=True)
class Figure:
    """A chart, its table and its sentences.

    `by` names the filters that choose rows (columns of the same name); `sentences` has
    one for each value of these (several joined by AND). `options` are for the chart;
    those of `by_key` are of one value of the filters. `chart` is empty where a table is
    enough. `note` is under the table.
    """

    name: str
    title: str
    chart: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    sentences: Mapping[str, str]
    by: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    @property
    def visible(self) -> list[Column]:
        """The columns of the table."""
        return [column for column in self.columns if column.label]

    def sentence(self, chosen: Mapping[str, str]) -> str:
        """Content of the figure under these filters."""
        names = self.options.get("said_of", self.by)
        key = AND.join(chosen[name] for name in names)
        return self.sentences.get(key, self.options.get("unsaid", ""))

    def shown_rows(self, chosen: Mapping[str, str]) -> list[list[str]]:
        """The table's cells, as text, under these filters."""
        names = [column.name for column in self.columns]
        return [
            [
                in_words(value, column.kind)
                for value, column in zip(row, self.columns, strict=True)
                if column.label
            ]
            for row in self.rows
            if all(
                is_chosen(row[names.index(name)], chosen[name])
                for name in self.by
                if name in names
            )
        ]


@dataclass(frozen=True)
class Section:
    """A heading with sentences, lists or figures under it."""

    title: str
    text: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    html: str = ""
    is_printed: bool = True


@dataclass(frozen=True)
class Page:
    """A page of the site.

    `of` names the page that lists it; `scripts` are data that several pages share. A
    sheet is printed without its tables, to fit on two sides.
    """

    name: str
    title: str
    lead: str
    sections: Sequence[Section]
    filters: Sequence[Choice] = ()
    of: str = ""
    scripts: Sequence[str] = ()
    is_sheet: bool = False

    @property
    def figures(self) -> list[Figure]:
        """Every figure, top to bottom."""
        return [figure for section in self.sections for figure in section.figures]

    @property
    def chosen(self) -> dict[str, str]:
        """First choices of the filters."""
        return {one.name: one.default for one in self.filters}

    def as_json(self) -> str:
        """Data for the scripts, safe inside a script element."""
        content = {
            "name": self.name,
            "filters": {one.name: one.default for one in self.filters},
            "figures": [
                {
                    "name": one.name,
                    "title": one.title,
                    "chart": one.chart,
                    "columns": [[c.name, c.label, c.kind] for c in one.columns],
                    "rows": one.rows,
                    "by": one.by,
                    "sentences": one.sentences,
                    "options": one.options,
                }
                for one in self.figures
            ],
        }
        text = json.dumps(
            content, ensure_ascii=False, separators=(",", ":"), allow_nan=False
        )
        return text.replace("<", "\\u003c").replace("&", "\\u0026")


def is_chosen(value: Value, wanted: str) -> bool:
    """Does a row stay? A period is `all`, a year, or a quarter such as 2021-Q2."""
    text = str(value)
    if wanted == "all" or text == wanted:
        return True
    if "-Q" in wanted and len(text) == 7 and text[:4] == wanted[:4]:
        return (int(text[5:]) - 1) // 3 + 1 == int(wanted[-1])
    return False


def rows_of(frame: pd.DataFrame, columns: Sequence[Column]) -> list[list[Value]]:
    """A frame's rows as plain values in the order of the columns."""
    return cells(records(frame), columns)


def cells(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[Column]
) -> list[list[Value]]:
    """Rows in the order of the columns; a count that is not given is so in words."""
    return [
        [
            FEWER
            if column.kind == "count" and column.name in names_of_few(row)
            else row[column.name]
            for column in columns
        ]
        for row in rows
    ]


def names_of_few(row: Mapping[str, Any]) -> list[str]:
    """Counts of a released row that are not given, as they are fewer than 10."""
    return (row.get("fewer_than_10") or "").split(", ")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame's rows by the names of its columns, as plain values."""
    return [
        {
            str(name): plain(value)
            for name, value in zip(frame.columns, row, strict=True)
        }
        for row in frame.itertuples(index=False, name=None)
    ]


def plain(value: Any) -> Value:
    """A value for JSON; None if missing."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, float):
        return None if math.isnan(value) else float(value)
    return str(value)


def in_words(value: Value, kind: str = "text") -> str:
    """A cell as the reader sees it; `site.js` shows it alike."""
    if value is None:
        return DASH
    if kind == "count" and value != FEWER:
        return f"{value:,}"
    if kind == "percent":
        return percent(float(value))
    if kind == "points":
        # Adding 0 takes the sign off a rounded -0.0.
        return f"{round(float(value) * 100, 1) + 0:+.1f}"
    if kind == "ratio":
        return f"{float(value):.2f}" if float(value) < 100 else f"{float(value):,.0f}"
    if kind == "measure":
        return f"{float(value):.3f}"
    if kind == "month":
        return month(str(value))
    return str(value)


def percent(share: float) -> str:
    """0.409 as 40.9%."""
    return f"{share * 100:.1f}%"


def month(text: str) -> str:
    """2021-04 as Apr 2021."""
    return f"{dt.date.fromisoformat(text[:7] + '-01'):%b %Y}"
