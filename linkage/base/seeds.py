"""Rows of seeds as text, each with its place; a row of another shape is named."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from linkage.base.errors import LinkageError
from linkage.base.settings import PROJECT
from linkage.base.yaml_files import read_yaml, shown

SEEDS = PROJECT / "seeds"
RANGES = {"int": r"[+-]?\d+", "bigint": r"[+-]?\d+", "date": r"\d{4}-\d\d-\d\d"}
FORMS = {**RANGES, "double": r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"}
BOOLEANS = ("true", "false")

# A row by its columns, with its place under an empty name.
Row = dict[str, str]


@cache
def seed_rows(name: str) -> tuple[dict[str, str], ...]:
    """Rows of `seeds/<name>.csv`, unchecked; FileNotFoundError if absent."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return tuple(csv.DictReader(stream))


def seed_columns(properties: Path) -> dict[str, dict[str, str]]:
    """Columns of the seeds of a file of properties, each with its type."""
    return {
        seed["name"]: {
            column["name"]: seed["config"]["column_types"].get(column["name"], "")
            for column in seed["columns"]
        }
        for seed in read_yaml(properties)["seeds"]
    }


def read_seed(path: Path, types: Mapping[str, str]) -> list[Row]:
    """Rows of a seed with these columns; spreadsheets begin a file in UTF-8 by a mark.

    Raises LinkageError, one line with file and line, where a value is not of its type.
    """
    rows: list[Row] = []
    file = shown(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            header = next(reader, [])
            if header != list(types):
                raise LinkageError(
                    f"{file} line 1: the header is {', '.join(header)}; it must "
                    f"be {', '.join(types)}"
                )
            for values in reader:
                where = f"{file} line {reader.line_num}"
                if len(values) != len(header):
                    raise LinkageError(
                        f"{where}: has {len(values)} fields, not {len(header)}; put "
                        "text with a comma in double quotes"
                    )
                for (name, kind), value in zip(types.items(), values, strict=True):
                    if not _is_of(kind, value):
                        raise LinkageError(
                            f"{where}, {name}: {value!r} is no {_in_words(kind)}"
                        )
                rows.append(dict(zip(header, values, strict=True)))
                rows[-1][""] = where
    except FileNotFoundError as error:
        raise LinkageError(f"{file}: is missing; restore it") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise LinkageError(f"{file}: is not a CSV file in UTF-8") from error
    return rows


def _is_of(kind: str, value: str) -> bool:
    if not value:
        return True
    if kind == "boolean":
        return value.lower() in BOOLEANS
    return kind not in FORMS or bool(re.fullmatch(FORMS[kind], value))


def _in_words(kind: str) -> str:
    return {
        "boolean": "true or false",
        "date": "date (YYYY-MM-DD)",
        "double": "number",
    }.get(kind, "whole number")
