"""The tables for export and their protection: `settings.yml` as data classes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from linkage.base.errors import LinkageError
from linkage.base.seeds import seed_rows
from linkage.base.yaml_files import read_yaml, shown

SETTINGS_FILE = Path(__file__).with_name("settings.yml")
Kind = Literal["sum", "within", "each_within", "same"]
KINDS = ("sum", "within", "each_within", "same")


@dataclass(frozen=True)
class Sum:
    """Cells that add up to another; the keys are explained in `settings.yml`."""

    name: str
    parts: Mapping[str, Sequence[str]]
    total: Mapping[str, Any]
    kind: Kind = "sum"
    each: Sequence[str] = ()
    with_implied: bool = False
    zeros_are_small: bool = False


@dataclass(frozen=True)
class Group:
    """Tables that share cells or margins."""

    sums: Sequence[Sum]
    keep: Mapping[str, Sequence[str]] = field(default_factory=dict)
    blocks: Sequence[str] = ()
    held_apart: bool = False
    # Protects nothing that is published, so it is no part of the fingerprint.
    named: Sequence[str] = field(default=(), repr=False)

    def names(self, column: str) -> set[str]:
        """The values of a column that the sums name, as a part or as a total."""
        found: set[str] = set()
        for one in self.sums:
            found.update(one.parts.get(column, ()))
            total = one.total.get(column)
            if isinstance(total, str) and not total.startswith("="):
                found.add(total)
        return found


@dataclass(frozen=True)
class Ratio:
    """A count over others, all as published; null below `at_least` of the latter."""

    of: str
    over: Sequence[Mapping[str, str]]
    interval: tuple[str, str] | None = None
    at_least: int = 1


@dataclass(frozen=True)
class Table:
    """One table that may be exported, and which of its columns."""

    group: str
    keys: Sequence[str]
    place: Mapping[str, str]
    counts: Mapping[str, Any]
    also: Sequence[str] = ()
    rows_show: str | None = None
    complete: str | None = None
    zeros_are_small: Sequence[str] = ()
    counts_left_out: bool = False
    ratios: Mapping[str, Ratio] = field(default_factory=dict)
    estimates: Sequence[str] = ()
    stands_on: Sequence[str] = ()
    is_confusion: bool = False
    source: str | None = None

    def places_of(self, row: Mapping[str, Any]) -> list[dict[str, str]]:
        """The columns of a row's counts, then of the counts that it depends on."""
        at = {name: fill(text, row) for name, text in self.place.items()}
        return [
            {**at, **(to if isinstance(to, Mapping) else {"measure": to})}
            for to in (*self.counts.values(), *self.stands_on)
        ]


@dataclass(frozen=True)
class DisclosureSettings:
    """Threshold, rounding base, and everything that may be published outside."""

    threshold: int
    base: int
    decimals: int
    sparse: float
    records: Sequence[str]
    kept_inside: Mapping[str, str]
    groups: Mapping[str, Group]
    tables: Mapping[str, Table]

    def table(self, name: str) -> Table:
        """A table by its name; LinkageError if it may not be exported."""
        if name in self.records:
            raise LinkageError(
                f"{name}: holds single records and is never exported; there are "
                f"{', '.join(self.tables)}"
            )
        if name in self.kept_inside:
            raise LinkageError(
                f"{name}: is never exported: {self.kept_inside[name]}; there are "
                f"{', '.join(self.tables)}"
            )
        if name not in self.tables:
            raise LinkageError(
                f"{name}: is no table for export; there are {', '.join(self.tables)}"
            )
        return self.tables[name]

    def tables_of(self, group: str) -> dict[str, Table]:
        """The tables that are protected together."""
        return {
            name: table for name, table in self.tables.items() if table.group == group
        }

    def fingerprint(self) -> str:
        """The same for the same settings."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]

    def in_words(self) -> str:
        """The protection applied, for readers of the file."""
        return (
            f"Counts under {self.threshold} and the counts that would give them back "
            f"are suppressed; the others are rounded to {self.base}."
        )


def read_disclosure_settings(path: Path = SETTINGS_FILE) -> DisclosureSettings:
    """Read the settings; LinkageError with one line on the fault."""
    try:
        content = read_yaml(path)
        groups = {name: _group(one) for name, one in content.pop("groups").items()}
        tables = {name: _table(one) for name, one in content.pop("tables").items()}
        settings = DisclosureSettings(groups=groups, tables=tables, **content)
        numbers = settings.threshold, settings.base, settings.decimals
        wrong = [number for number in numbers if int(number) < 1]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LinkageError(f"{shown(path)}: cannot be understood ({error})") from error
    if wrong or settings.threshold <= settings.base // 2:
        raise LinkageError(
            f"{shown(path)}: threshold, base and decimals are whole numbers from 1, "
            "and the threshold is more than half of the base"
        )
    for name, table in tables.items():
        if table.group not in groups or name in (
            *settings.records,
            *settings.kept_inside,
        ):
            raise LinkageError(
                f"{shown(path)}: {name} needs a group and must not be one of records "
                "or kept_inside"
            )
    return settings


def _group(content: dict[str, Any]) -> Group:
    sums = [Sum(**{**one, "parts": _parts(one["parts"])}) for one in content["sums"]]
    for one in sums:
        if one.kind not in KINDS:
            raise ValueError(f"kind {one.kind!r} of {one.name!r}")
    return Group(**{**content, "sums": sums})


def _parts(parts: Mapping[str, Any]) -> dict[str, list[str]]:
    """The values of each column: listed, or those of a seed's rows (and of no list)."""
    return {
        column: listed
        if isinstance(listed, list)
        else [
            *(
                row[column]
                for row in seed_rows(listed["seed"])
                if listed["where"].items() <= row.items()
                and row[column] not in listed.get("but", ())
            ),
            *listed.get("and", ()),
        ]
        for column, listed in parts.items()
    }


def _table(content: dict[str, Any]) -> Table:
    ratios = {
        name: Ratio(
            **{
                **one,
                "over": one["over"] if isinstance(one["over"], list) else [one["over"]],
                "interval": _pair(one.get("interval")),
            }
        )
        for name, one in content.pop("ratios", {}).items()
    }
    return Table(ratios=ratios, **content)


def fill(text: str, row: Mapping[str, Any]) -> str:
    """`=a =b` with the row's values of a and b; any other text as it is."""
    if not text.startswith("="):
        return text
    return " ".join(str(row[name.removeprefix("=")]) for name in text.split())


def _pair(names: Sequence[str] | None) -> tuple[str, str] | None:
    return (names[0], names[1]) if names else None
