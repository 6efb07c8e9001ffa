"""Every printed figure that can be computed: printed, ours, difference, reason.

The files of `reconciliation/` give the query of each figure. The results are kept with
the other measurements (`benchmarks/reconciliation.json`), and the page is made from
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

from linkage.base.quoting import quoted
from linkage.base.settings import PROJECT

HERE = Path(__file__).parent
BLOCKS = tuple(
    HERE / "reconciliation" / f"{study}.yml"
    for study in ("national", "victim_withdrawal", "violent_crime")
)
RESULTS = PROJECT / "benchmarks" / "reconciliation.json"
PAGE = PROJECT / "docs" / "reconciliation.md"
# Tables of text that queries see, by schema.
FOLDERS = (
    ("published", PROJECT / "data" / "published"),
    ("lookups", PROJECT / "seeds"),
    ("report", HERE),
)
# Tolerance for binary rounding, in addition to half a printed unit.
ROUNDING = 1e-9
# Tolerance for chance where ours is drawn: exceeded once in 370 times.
STANDARD_ERRORS = 3


@dataclass(frozen=True)
class Block:
    """Figures of one source that one query computes."""

    block: str
    source: str
    input: str
    query: str
    reason: str
    reads: tuple[str, ...] = ()
    precision: float = 0.0
    is_same_period: bool = True


@dataclass(frozen=True)
class Figure:
    """One printed figure and ours.

    `agrees` is at the printed precision, and within three standard errors of ours where
    the query gives one; none where ours is of another period.
    """

    figure: str
    printed: float | str | None
    ours: float | str | None
    agrees: bool | None
    reason: str

    @property
    def difference(self) -> float | None:
        """Ours less printed, where both are numbers."""
        if isinstance(self.printed, str) or isinstance(self.ours, str):
            return None
        if self.printed is None or self.ours is None:
            return None
        return self.ours - self.printed


def read_blocks() -> list[Block]:
    """The blocks in their order."""
    return [
        Block(**{**entry, "reads": tuple(entry.get("reads", ()))})
        for entry in _entries("blocks")
    ]


def _entries(name: str) -> Iterator[dict[str, Any]]:
    for path in BLOCKS:
        yield from yaml.safe_load(path.read_text(encoding="utf-8")).get(name, ())


@contextmanager
def open_figures(
    warehouses: Mapping[str, Path],
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The printed tables as `published.<file>`, and each warehouse by its source.

    `lookups.<file>` are the seeds, `report.<file>` our names of printed values.
    """
    with duckdb.connect() as connection:
        for schema, folder in FOLDERS:
            connection.execute(f"create schema {schema}").fetchall()
            for path in sorted(folder.glob("*.csv")):
                connection.execute(
                    f"create view {schema}.{path.stem} as from "
                    f"read_csv({quoted(str(path))}, header = true, sample_size = -1)"
                ).fetchall()
        for source, warehouse in warehouses.items():
            connection.execute(
                f"attach {quoted(str(warehouse))} as {source} (read_only)"
            ).fetchall()
        yield connection


def compute(connection: duckdb.DuckDBPyConnection, block: Block) -> list[Figure]:
    """Run a block's query; its figures in the query's order."""
    found = connection.execute(block.query)
    assert found.description is not None
    names = [column[0] for column in found.description]
    return [
        _figure(block, dict(zip(names, row, strict=True))) for row in found.fetchall()
    ]


def _figure(block: Block, row: Mapping[str, Any]) -> Figure:
    printed, ours = (_value(row[name]) for name in ("printed", "ours"))
    agrees: bool | None
    if ours is None or printed is None or not block.is_same_period:
        agrees = None
    elif isinstance(printed, str) or isinstance(ours, str):
        agrees = printed == ours
    else:
        drawn = STANDARD_ERRORS * float(row.get("standard_error") or 0)
        agrees = abs(ours - printed) <= block.precision + drawn + ROUNDING
    stated = " ".join(str(row["reason"]).split()) if row.get("reason") else ""
    reason = "" if agrees else stated or block.reason
    if ours is None:
        reason = stated or "Not in our input"
    return Figure(str(row["figure"]), printed, ours, agrees, reason)


def _value(value: Any) -> float | str | None:
    if value is None or isinstance(value, str):
        return value
    return round(float(value), 6)


def as_results(
    figures: Mapping[str, Sequence[Figure]],
) -> dict[str, list[dict[str, Any]]]:
    """Figures by block, as JSON holds them."""
    return {block: [asdict(one) for one in found] for block, found in figures.items()}


def reconciliation_page() -> str:
    """The page, from the results that were kept."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))["figures"]
    blocks = read_blocks()
    found = {
        one.block: [Figure(**figure) for figure in results[one.block]] for one in blocks
    }
    every = [figure for figures in found.values() for figure in figures]
    agree = sum(figure.agrees is True for figure in every)
    judged = sum(figure.agrees is not None for figure in every)
    lines = [
        "# Reconciliation: what is printed, and ours",
        "",
        "Generated by `make docs` from `benchmarks/reconciliation.json` (`python -m "
        "benchmarks.reconciliation`) and `linkage/report/reconciliation/`; do not "
        "edit.",
        "",
        f"{len(every):,} printed figures. Of {judged:,} the input is of the printed "
        f"period: {agree:,} of these are equal to ours at the printed precision (and, "
        "where ours is drawn at random, three standard errors), and the reason says "
        "why the others are not. The rest are compared with ours of another period. "
        "Shares are 0-1. What is SIMULATED is drawn to be like the printed figures: "
        "that they "
        "come back says that the tables count as the sources do, not that they are "
        "true.",
        "",
        "| figures | source | computed from | printed | of which equal |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.block} | {one.source} | {one.input} | {len(found[one.block])} "
        f"| {_agreeing(found[one.block])} |"
        for one in blocks
    ]
    for one in blocks:
        lines += ["", f"## {one.block}", ""]
        lines += [f"Source: {one.source}. Ours from: {one.input}.", ""]
        lines += ["| figure | printed | ours | difference | reason |"]
        lines += ["|---|---|---|---|---|"]
        lines += _rows(found[one.block])
    lines += ["", "## Not computed", "", "| figures | reason |", "|---|---|"]
    lines += [
        f"| {' '.join(one['figures'].split())} | {' '.join(one['reason'].split())} |"
        for one in _entries("not_computed")
    ]
    return "\n".join(lines) + "\n"


def _agreeing(figures: Sequence[Figure]) -> str:
    if all(one.agrees is None for one in figures):
        return "another period"
    return str(sum(one.agrees is True for one in figures))


def _rows(figures: Iterable[Figure]) -> Iterator[str]:
    for one in figures:
        yield (
            f"| {one.figure} | {_shown(one.printed)} | {_shown(one.ours)} "
            f"| {_signed(one.difference)} | {one.reason} |"
        )


def _shown(value: float | str | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value.is_integer() and abs(value) > 1 else f"{value:.4g}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.4f}"
