"""The crime areas that the models know, and the rows of seeds that name another."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2.nativetypes import NativeEnvironment

from linkage.base.errors import LinkageError
from linkage.base.settings import PROJECT

Row = Mapping[str, str]
STEPS = "docs/method.md, A new crime area"


def refuse_unknown_areas(project: Path = PROJECT) -> None:
    """Refuse a row of a seed that names a crime area, or a flag, that no model reads.

    Such a row would be loaded and change nothing. Raises LinkageError, one line.
    """
    columns = _listed(project, "crime_areas", "offence_area_columns")
    marks = _listed(project, "marks", "mark_columns")
    areas = {area for area, _ in _listed(project, "crime_areas", "reporting_areas")}
    criteria = {(area, criterion) for _, area, criterion in columns}
    flags = {flag for _, flag in marks}
    is_read: dict[str, Callable[[Row], bool]] = {
        "crime_area_rules": lambda row: (
            (row["crime_area"], row["criterion"]) in criteria
        ),
        "flags": lambda row: row["flag"] in flags and row["crime_area"] in {"", *areas},
        "crime_harm": lambda row: row["crime_area"] in areas,
    }
    for seed, reads in is_read.items():
        for line, row in _rows(project / "seeds" / f"{seed}.csv"):
            if not reads(row):
                named = ", ".join(
                    f"{name} “{row[name]}”"
                    for name in ("flag", "crime_area", "criterion")
                    if row.get(name)
                )
                raise LinkageError(
                    f"seeds/{seed}.csv, line {line}: no model reads {named}, so the "
                    "row would change nothing; correct it, or take the other steps "
                    f"first ({STEPS})"
                )


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        for row in reader:
            yield reader.line_num, row


def _listed(project: Path, file: str, macro: str) -> list[tuple[str, ...]]:
    """What a dbt macro without arguments returns, read by Jinja."""
    source = (project / "macros" / f"{file}.sql").read_text(encoding="utf-8")
    template = NativeEnvironment().from_string(source)
    # dbt's `return` gives a macro's value back; here it is the macro's only text.
    module: Any = template.make_module({"return": lambda value: value})
    found: list[tuple[str, ...]] = getattr(module, macro)()
    return found
