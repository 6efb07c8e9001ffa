"""Tables as offices publish them: CSV, and spreadsheets with several sheets.

A spreadsheet's values come as the text a CSV of it would hold.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.base.errors import UnreadableInputError
from linkage.extracts.csv_files import inspect, open_text

CSV = (".csv", ".csv.gz")
SPREADSHEETS = (".xlsx", ".ods")
SUFFIXES = (*CSV, *SPREADSHEETS)
# A footnote in a heading or a name: [note 3], (a), superscripts, asterisks, daggers.
FOOTNOTES = re.compile(
    r"\s*(\[(note\s*)?[\w ,]{1,12}\]|\((note\s*)?[\d, ]+\)|[\u00b9\u00b2\u00b3"
    r"\u2070-\u2079*\u2020\u2021]+(,[\u00b9\u00b2\u00b3\u2070-\u2079]+)*)\s*$",
    re.IGNORECASE,
)
# Headings only: a footnote's number without its superscript.
FLAT_FOOTNOTE = re.compile(r"(?<=[a-z])\s?\d{1,2}(,\s?\d{1,2})*$")


@dataclass(frozen=True)
class Row:
    """A row of a sheet; the line it begins on counts from 1."""

    line_no: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet by name (a CSV's has none), and its rows.

    Rows of a spreadsheet all reach as far as its widest; a CSV's may be cut short.
    """

    name: str
    rows: Iterable[Row]


def header_key(text: str) -> str:
    """The form in which headings are matched: words alone, no footnote marks."""
    words = without_footnotes(text).lower().replace("_", " ")
    words = FLAT_FOOTNOTE.sub("", words.strip())
    return " ".join(re.findall(r"[a-z0-9]+", words))


def without_footnotes(text: str) -> str:
    """The text without the footnote marks at its end, however many."""
    while (shorter := FOOTNOTES.sub("", text)) != text:
        text = shorter
    return text


def read_sheets(path: Path, where: str) -> Iterator[Sheet]:
    """Yield the sheets of a file in their order.

    Raises UnreadableInputError when the file is damaged; `where` names it.
    """
    if path.name.lower().endswith(CSV):
        yield Sheet("", _csv_rows(path, where))
        return
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(path)
        names = list(workbook.sheet_names)
    except (CalamineError, OSError, ValueError) as error:
        raise _damaged(where) from error
    for name in names:
        try:
            values = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except (CalamineError, OSError, ValueError) as error:
            raise _damaged(f"{where}: sheet {name}") from error
        yield Sheet(
            name,
            (
                Row(number, tuple(as_text(value) for value in row))
                for number, row in enumerate(values, 1)
            ),
        )


def _damaged(where: str) -> UnreadableInputError:
    return UnreadableInputError(
        f"{where}: is not a spreadsheet that can be read (damaged, truncated or locked "
        "with a password); deliver the file again"
    )


def _csv_rows(path: Path, where: str) -> Iterator[Row]:
    file = inspect(path, where)
    with open_text(file, where) as text:
        reader = csv.reader(text, strict=True)
        started = 1
        try:
            for values in reader:
                yield Row(started, tuple(value.strip() for value in values))
                started = reader.line_num + 1
        except csv.Error as error:
            raise UnreadableInputError(
                f"{where}: unbalanced quotes in the row that begins on line {started}; "
                "correct the quotes and deliver the file again"
            ) from error


def as_text(value: Any) -> str:
    """A cell as a CSV would hold it: 5.0 is 5, a date is YYYY-MM-DD, yes is TRUE."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return str(value).strip()
