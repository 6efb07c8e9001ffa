"""Differences between two kept publications: counts, rates, gaps, driver models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from linkage.base.settings import RunSettings
from linkage.publication.kept import open_publication
from linkage.publication.publications import has_table

Row = tuple[Any, ...]
Keyed = dict[Row, Row]

# By the table they are of: not every study has each.
RATES = {
    "marts.withdrawal_rates": (
        "select crime_area, dimension, category, cases, withdrawal_rate, ci_low, "
        "ci_high from marts.withdrawal_rates where not is_suppressed"
    )
}
# The state of a gap in the latest delivery that it applies to.
GAPS = {
    "quality.gaps": (
        "select gap, severity, share, is_within_tolerance from quality.gaps "
        "qualify row_number() over (partition by gap order by delivery desc) = 1"
    )
}
MODELS = {
    "drivers.models": (
        "select model, sample_size, nagelkerke_r2, auc from drivers.models"
    ),
    "drivers.penalised_models": (
        "select model, training_crimes, h, auc from drivers.penalised_models"
    ),
}

LISTED = ("drivers.driver_models", "drivers.violent_crime_models")


@dataclass(frozen=True)
class Change:
    """Something that has a value in two publications; None if missing."""

    name: tuple[str, ...]
    before: float | None
    after: float | None

    @property
    def difference(self) -> float:
        """After less before; a missing value counts as 0."""
        return (self.after or 0) - (self.before or 0)


@dataclass(frozen=True)
class PublicationDiff:
    """Differences between two publications.

    `rows` are counts by table, `rates` withdrawal rates (0-1) that moved out of the 95%
    interval they had, the largest first; gaps are beyond tolerance in one of the two.
    `models` are areas under the curve, None where a model is not fitted; `unfitted`
    are the publications of the two on which none is. Empty where a study has none.
    """

    before: int
    after: int
    rows: list[Change]
    rates: list[Change]
    gaps_opened: list[Change]
    gaps_closed: list[Change]
    models: list[Change]
    unfitted: list[int]


def diff_publications(
    settings: RunSettings, before: int, after: int
) -> PublicationDiff:
    """Compare two kept publications. Raises LinkageError if one is not kept."""
    with (
        open_publication(settings, before) as one,
        open_publication(settings, after) as other,
    ):
        gaps = [_keyed(connection, GAPS, 1) for connection in (one, other)]
        return PublicationDiff(
            before=before,
            after=after,
            rows=_row_counts(one, other),
            rates=_moved_rates(_keyed(one, RATES, 3), _keyed(other, RATES, 3)),
            gaps_opened=_beyond(*gaps, in_first=False),
            gaps_closed=_beyond(*gaps, in_first=True),
            models=_models(one, other),
            unfitted=[
                number
                for number, connection in ((before, one), (after, other))
                if _is_unfitted(connection)
            ],
        )


def _row_counts(
    one: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection
) -> list[Change]:
    counts = [_counts(connection) for connection in (one, other)]
    return [
        Change((name,), counts[0].get(name), counts[1].get(name))
        for name in sorted(counts[0].keys() | counts[1].keys())
        if counts[0].get(name) != counts[1].get(name)
    ]


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of each table that a run builds; what only grows is left out."""
    tables = connection.execute(
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema in ('marts', 'quality', 'drivers') "
        "and table_name not like '%_by_run' and table_name not like 'publication%' "
        "and table_name not like 'record_audit%' and table_name != 'runs'"
    ).fetchall()
    counts = {}
    for (name,) in tables:
        row = connection.execute(f"select count(*) from {name}").fetchone()
        counts[name] = int(row[0]) if row else 0
    return counts


def _moved_rates(before: Keyed, after: Keyed) -> list[Change]:
    moved = []
    for key in before.keys() & after.keys():
        _, rate, low, high = before[key]
        now = after[key][1]
        if now != rate and not low <= now <= high:
            moved.append(Change(tuple(map(str, key)), rate, now))
    return sorted(moved, key=lambda one: (-abs(one.difference), one.name))


def _beyond(before: Keyed, after: Keyed, *, in_first: bool) -> list[Change]:
    """Gaps beyond tolerance in one of the two only; the share of each."""
    found = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        was, is_now = (row is not None and not row[2] for row in (old, new))
        if was == in_first and is_now != in_first:
            found.append(
                Change(
                    (str(key[0]), str((old or new or ("",))[0])),
                    old[1] if old else None,
                    new[1] if new else None,
                )
            )
    return found


def _models(
    one: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection
) -> list[Change]:
    fits = [_keyed(connection, MODELS, 1) for connection in (one, other)]
    return [
        Change((str(key[0]),), _auc(fits[0].get(key)), _auc(fits[1].get(key)))
        for key in sorted(fits[0].keys() | fits[1].keys())
        if fits[0].get(key) != fits[1].get(key)
    ]


def _is_unfitted(connection: duckdb.DuckDBPyConnection) -> bool:
    """Are driver models listed, and none of them fitted?"""
    is_listed = any(has_table(connection, table) for table in LISTED)
    return is_listed and not any(has_table(connection, table) for table in MODELS)


def _auc(row: Row | None) -> float | None:
    return row[2] if row else None


def _keyed(
    connection: duckdb.DuckDBPyConnection, queries: Mapping[str, str], width: int
) -> Keyed:
    """Rows of the existing tables, by their first `width` columns."""
    return {
        row[:width]: row[width:]
        for table, query in queries.items()
        if has_table(connection, table)
        for row in connection.execute(query).fetchall()
    }
