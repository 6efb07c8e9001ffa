"""Published tables as files for release: suppressed, rounded and marked so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from linkage.base.errors import LinkageError
from linkage.base.intervals import wilson
from linkage.base.settings import RunSettings
from linkage.disclosure.cells import Cells, Place, collect
from linkage.disclosure.differences import CHANGE, COVER, SMALL, small_changes, too_near
from linkage.disclosure.files import refuse_suffix, write_file
from linkage.disclosure.ledger import earlier_exports, is_same, keep_export
from linkage.disclosure.rounding import round_counts
from linkage.disclosure.settings import (
    DisclosureSettings,
    Group,
    Ratio,
    Table,
    fill,
    read_disclosure_settings,
)
from linkage.disclosure.suppression import Protection, protect
from linkage.publication.publish import open_published

if TYPE_CHECKING:
    import duckdb

# One word for every reason: separating a small count from its cover would reveal it.
CONFIDENTIAL = "confidential"
SIMULATED = "SIMULATED: none of these numbers describes real crime reports."
REAL = "Recorded crime."


@dataclass(frozen=True)
class Safe:
    """A group's counts as they may be published, by place: null where they may not."""

    columns: Sequence[str]
    counts: Mapping[Place, int | None]
    places: Mapping[str, list[list[Place]]]


@dataclass(frozen=True)
class Counted:
    """A group's tables in the warehouse, and their counts as cells."""

    group: str
    rules: DisclosureSettings
    frames: Mapping[str, pd.DataFrame]
    cells: Cells
    places: Mapping[str, list[list[Place]]]

    def protect(self, earlier: Sequence[pd.DataFrame] = ()) -> pd.DataFrame:
        """True counts (`value`) and why they are suppressed (`why`); stays inside."""
        members = self.rules.tables_of(self.group).values()
        if any(one.counts_left_out for one in members):
            counts = small_counts(self.cells, self.rules)
            counts.loc[_tied_to_small(self.cells, self.rules), "why"] = SMALL
            return counts
        group = self.rules.groups[self.group]
        return protected_counts(self.cells, group, self.rules, earlier)

    def safe(self, counts: pd.DataFrame) -> Safe:
        """The publishable part of protected counts, rounded."""
        members = self.rules.tables_of(self.group).values()
        shown = round_counts(counts["value"], self.rules.base)
        is_hidden = (counts["why"] != "") | self.cells.is_implied
        return Safe(
            [*dict.fromkeys(name for one in members for name in one.place)],
            {
                place: None if hidden else int(count)
                for place, hidden, count in zip(
                    self.cells.places, is_hidden, shown, strict=True
                )
            },
            self.places,
        )


def export_table(
    settings: RunSettings,
    table: str,
    *outs: Path,
    against: pd.DataFrame | None = None,
    rules: DisclosureSettings | None = None,
) -> int:
    """Write a table of the published warehouse to files that may leave; its rows.

    The suffix of a file gives its format: .csv, .parquet, .xlsx or .json. Differences
    are checked against every earlier export of this warehouse and against `against` (a
    `protected_counts` frame). Raises LinkageError, one line, for a suffix, a table or a
    place that won't do, and where no safe table exists.
    """
    for out in outs:
        refuse_suffix(out)
    rules = rules or read_disclosure_settings()
    spec = rules.table(table)
    with open_published(settings) as connection:
        _refuse_missing(connection, rules.tables_of(spec.group), settings)
        _refuse_empty(connection, table)
        counted = count_group(connection, spec.group, rules)
        about = _about(connection, table, rules)
    earlier = earlier_exports(settings, spec.group)
    counts = counted.protect(earlier if against is None else [*earlier, against])
    keep_export(settings, spec.group, counts)
    exported = _with_origin(
        protected_table(counted, table, counted.safe(counts)), about
    )
    for out in outs:
        write_file(exported, about, out)
    return len(exported)


def count_group(
    connection: duckdb.DuckDBPyConnection, name: str, rules: DisclosureSettings
) -> Counted:
    """The published warehouse's counts in the tables of a group."""
    group, members = rules.groups[name], rules.tables_of(name)
    frames = {table: _frame(connection, table, one) for table, one in members.items()}
    cells, places = collect(group, members, frames, _lookups(connection, group))
    return Counted(name, rules, frames, cells, places)


def protected_counts(
    cells: Cells,
    group: Group,
    rules: DisclosureSettings,
    earlier: Sequence[pd.DataFrame] = (),
) -> pd.DataFrame:
    """True counts (`value`) by place and why they are suppressed (`why`, or empty).

    Not for release: `export_table` makes the released tables.
    """
    counts = small_counts(cells, rules)
    if earlier and is_same(earlier[-1], counts):
        return earlier[-1]
    small = cells.small(rules.threshold)
    changes = small_changes(
        counts["value"], earlier, threshold=rules.threshold, base=rules.base
    ).to_numpy(copy=True)
    if group.held_apart:
        shown = ~small & ~cells.is_implied
        changes[shown] = np.where(
            too_near(cells.value[shown], threshold=rules.threshold, base=rules.base),
            CHANGE,
            changes[shown],
        )
    changes[small | cells.is_implied] = ""
    low = np.where(changes != "", cells.value - rules.threshold, 0)
    high = np.where(changes != "", cells.value + rules.threshold, rules.threshold)
    wanted = np.flatnonzero(small | (changes != ""))
    hidden = protect(
        cells,
        Protection(wanted, np.maximum(low, cells.at_least)[wanted], high[wanted]),
        _kept(cells, group),
        rules.threshold,
        sparse_blocks(cells, group, rules),
    )
    why = np.where(hidden & ~cells.is_implied & ~small, COVER, counts["why"])
    counts["why"] = np.where(changes != "", changes, why)
    return counts


def small_counts(cells: Cells, rules: DisclosureSettings) -> pd.DataFrame:
    """True counts by place, and which of them are small; nothing covers those yet."""
    why = np.where(cells.small(rules.threshold), SMALL, "")
    return pd.DataFrame(
        {"value": cells.value, "why": why.astype(object), "rules": rules.fingerprint()},
        index=pd.Index([" / ".join(place) for place in cells.places], name="place"),
    )


def _tied_to_small(cells: Cells, rules: DisclosureSettings) -> Any:
    """Counts that share a sum with a small one, such as their complement."""
    ties = abs(cells.sums)
    return ties.T @ (ties @ cells.small(rules.threshold).astype(np.int64)) > 0


def sparse_blocks(cells: Cells, group: Group, rules: DisclosureSettings) -> Any:
    """Counts of blocks in which too many are small to publish any of them.

    The rule that keeps very sparse tables back, as for Census 2021 (ONS, Protecting
    personal data in Census 2021 results).
    """
    if not group.blocks:
        return np.zeros(len(cells.value), dtype=bool)
    at = [cells.columns.index(name) for name in group.blocks]
    counts = pd.DataFrame(
        {
            "block": [" / ".join(place[one] for one in at) for place in cells.places],
            "is_small": cells.small(rules.threshold),
        }
    )[~cells.is_implied]
    shares = counts.groupby("block")["is_small"].transform("mean")
    sparse = np.zeros(len(cells.value), dtype=bool)
    sparse[counts.index] = shares > rules.sparse
    return sparse


def _kept(cells: Cells, group: Group) -> Any:
    """Totals to be spared."""
    return np.array(
        [
            not is_implied
            and any(
                place[cells.columns.index(name)] in wanted
                for name, wanted in group.keep.items()
            )
            for place, is_implied in zip(cells.places, cells.is_implied, strict=True)
        ],
        dtype=bool,
    )


def protected_table(counted: Counted, name: str, safe: Safe) -> pd.DataFrame:
    """A table for release: allowed columns, safe counts, ratios of those."""
    rules = counted.rules
    spec, frame = rules.tables[name], counted.frames[name]
    places = safe.places[name]
    result = frame[[*spec.keys, *spec.also]].copy()
    suppressed = np.zeros(len(frame), dtype=bool)
    for number, column in enumerate(spec.counts):
        counts = [safe.counts.get(row[number]) for row in places]
        was_null = frame[column].isna().to_numpy()
        suppressed |= np.array([one is None for one in counts], dtype=bool) & ~was_null
        if not spec.counts_left_out:
            result[column] = pd.array(counts, dtype="Int64")
    for column, ratio in spec.ratios.items():
        shares, wholes = np.array(_ratio(spec, ratio, places, safe)).reshape(-1, 2).T
        result[column] = np.round(shares, rules.decimals)
        if ratio.interval:
            bounds = wilson(shares, wholes)
            for bound, values in zip(ratio.interval, bounds, strict=True):
                result[bound] = np.round(values, rules.decimals)
    suppressed |= np.array(
        [
            any(safe.counts.get(place) is None for place in row[len(spec.counts) :])
            for row in places
        ],
        dtype=bool,
    )
    if spec.is_confusion:
        measures = [_measures(spec, row, safe) for row in places]
        result = result.join(pd.DataFrame(measures, dtype=float).round(rules.decimals))
    for column in spec.estimates:
        estimates = frame[column].astype(float).where(~suppressed)
        result[column] = estimates.round(rules.decimals)
    result["suppressed"] = pd.array(
        [CONFIDENTIAL if one else None for one in suppressed], dtype="string"
    )
    return result


def _with_origin(result: pd.DataFrame, about: Mapping[str, str]) -> pd.DataFrame:
    result["input"] = about["input"]
    result["publication"] = int(about["publication"])
    result["disclosure_control"] = about["disclosure_control"]
    return result


def _ratio(
    spec: Table, ratio: Ratio, places: list[list[Place]], safe: Safe
) -> list[tuple[float, float]]:
    """Share and denominator of each row, both of published counts; NaN without."""
    columns = [*safe.columns, "measure"]
    number = list(spec.counts).index(ratio.of)
    shares = []
    for row in places:
        at = dict(zip(columns, row[number], strict=True))
        part = safe.counts.get(row[number])
        wholes = [
            safe.counts.get(
                tuple({**at, **{k: fill(text, at) for k, text in one.items()}}.values())
            )
            for one in ratio.over
        ]
        whole = sum(one or 0 for one in wholes)
        if part is None or None in wholes or whole < ratio.at_least:
            shares.append((np.nan, np.nan))
        else:
            shares.append((part / whole, float(whole)))
    return shares


def _measures(spec: Table, row: list[Place], safe: Safe) -> dict[str, float | None]:
    """Measures of a confusion matrix from its published counts; None without one."""
    from ml.threshold_measures import Confusion, measure_at_threshold

    counts = [safe.counts.get(place) for place in row]
    shown = [0.0 if None in counts else float(one or 0) for one in counts]
    confusion = Confusion(**dict(zip(spec.counts, shown, strict=True)))
    return asdict(measure_at_threshold(confusion))


def _frame(
    connection: duckdb.DuckDBPyConnection, name: str, table: Table
) -> pd.DataFrame:
    """The columns that a table's export reads, in the order of its keys."""
    named = [text for text in table.place.values() if text.startswith("=")]
    columns = dict.fromkeys(
        [
            *table.keys,
            *table.also,
            *(one.removeprefix("=") for text in named for one in text.split()),
            *table.counts,
            *table.estimates,
        ]
    )
    source = f"({table.source})" if table.source else name
    frame = connection.execute(
        f"select {', '.join(columns)} from {source} order by {', '.join(table.keys)}"
    ).df()
    if table.complete is None:
        return frame
    every = connection.execute(table.complete).df()
    whole = every.merge(frame, how="left", on=list(table.keys))
    whole = whole.sort_values(list(table.keys), ignore_index=True)
    return whole.fillna(dict.fromkeys(table.counts, 0))


def _lookups(
    connection: duckdb.DuckDBPyConnection, group: Group
) -> dict[str, dict[str, str]]:
    queries = {
        to["query"]
        for rule in group.sums
        for to in rule.total.values()
        if isinstance(to, Mapping)
    }
    return {query: _lookup(connection, query) for query in queries}


def _lookup(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, str]:
    """A mapping by its query; what leads to several is in none of them."""
    found: dict[str, set[str]] = {}
    for one, other in connection.execute(query).fetchall():
        found.setdefault(str(one), set()).add(str(other))
    return {one: others.pop() for one, others in found.items() if len(others) == 1}


def _refuse_missing(
    connection: duckdb.DuckDBPyConnection,
    tables: Mapping[str, Table],
    settings: RunSettings,
) -> None:
    held = {
        f"{schema}.{name}"
        for schema, name in connection.execute(
            "select table_schema, table_name from information_schema.tables"
        ).fetchall()
    }
    missing = [name for name in tables if name not in held]
    if missing:
        raise LinkageError(
            f"{settings.warehouse}: holds no {', '.join(missing)}; run "
            + ("`linkage drivers`" if "drivers.design" in held else "`linkage run`")
        )


def _refuse_empty(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    if connection.execute(f"select 1 from {table} limit 1").fetchone() is None:
        raise LinkageError(f"{table}: holds no rows; nothing was written")


def _about(
    connection: duckdb.DuckDBPyConnection, table: str, rules: DisclosureSettings
) -> dict[str, str]:
    from linkage.publication.publications import is_simulated, latest_publication

    return {
        "table": table,
        "input": SIMULATED if is_simulated(connection) else REAL,
        "publication": str(latest_publication(connection)),
        "disclosure_control": rules.in_words(),
        "suppressed": "A count is missing where this column says confidential.",
        "ratios": "Shares are worked out from the rounded counts.",
    }
