"""Rows with faults that the input contract rejects, each of one kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from linkage.simulator.arrays import Bools, Ints, quota_codes
from linkage.simulator.columns import MISSING, Column, Table
from linkage.simulator.writing import FileFormat

# Kinds that spoil a value: the columns, and the spoilt values.
_SPOILT: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "crimes": {
        "bad_date": (("occurred_on", "cleared_up_on"), ("31/02/2019", "yesterday")),
        "unknown_code": (("clear_up_code",), ("99",)),
        "bad_yes_no": (("firearm", "knife", "daily_bulletin"), ("Maybe",)),
    },
    "victims": {
        "bad_date": (("informed_on",), ("2019-02-30", "soon")),
        "bad_number": (("age",), ("abc", "12.5")),
        "bad_yes_no": (("victim_support", "is_police_officer"), ("Maybe",)),
    },
    "offenders": {"bad_number": (("age",), ("abc", "12.5"))},
    "incidents": {
        "bad_date": (("received_on",), ("31/02/2019", "yesterday")),
        "bad_number": (("response_minutes", "deployment_minutes"), ("soon",)),
    },
    "investigation_logs": {"bad_date": (("logged_on",), ("31/02/2019", "later"))},
    "gang_mentions": {"bad_date": (("mentioned_on",), ("31/02/2019",))},
}
# Kinds that add a row to the one they start from; the row itself stays sound, except a
# key that is then repeated.
_COPIES = ("missing_key", "repeated_key", "orphan", "malformed_row")
_OF_A_CRIME = ("victims", "offenders", "investigation_logs")
_NO_CRIME = "99WM/{number:07d}"


@dataclass(frozen=True)
class DirtyTable:
    """A table after dirt.

    `is_bad` marks the rows a loader must reject, `is_malformed` those of them that are
    written a column short; `kinds` counts the changes.
    """

    table: Table
    is_bad: Bools
    is_malformed: Bools
    kinds: dict[str, int]


def make_dirty(
    extract: str,
    table: Table,
    share: float,
    file_format: FileFormat,
    rng: np.random.Generator,
) -> DirtyTable:
    """Make dirt of a `share` of the rows (0-1), all kinds in equal parts.

    A Parquet file has no malformed rows.
    """
    size = len(table)
    kinds = [*_SPOILT[extract], "missing_key", "repeated_key"]
    if extract in _OF_A_CRIME:
        kinds.append("orphan")
    if file_format != "parquet":
        kinds.append("malformed_row")
    rows = rng.permutation(size)[: round(share * size)]
    code = quota_codes(rng, len(rows), np.ones(len(kinds)))
    of = {kind: np.sort(rows[code == i]) for i, kind in enumerate(kinds)}
    copies = {kind: found for kind, found in of.items() if kind in _COPIES}
    whole = table.take(np.concatenate([np.arange(size), *copies.values()]))
    # Days and codes belong to one table; spoilt values must not be shared.
    whole = Table(whole.report.copy(), dict(whole.columns))
    bad = np.zeros(len(whole), dtype=np.bool_)
    malformed = np.zeros(len(whole), dtype=np.bool_)
    for kind, (names, texts) in _SPOILT[extract].items():
        _spoil(whole, of[kind], names, texts)
        bad[of[kind]] = True
    key = next(iter(whole.columns))
    start = size
    for kind, found in copies.items():
        added = np.arange(start, start + len(found))
        start += len(found)
        bad[added] = True
        if kind == "missing_key":
            whole.columns[key].codes[added] = MISSING
            whole.report[added] = -1
        elif kind == "repeated_key":
            bad[found] = True
        elif kind == "orphan":
            refs = [_NO_CRIME.format(number=i) for i in range(len(added))]
            whole.columns[key].set_text(added, refs)
            whole.report[added] = -1
        else:
            malformed[added] = True
    counts = {kind: len(found) for kind, found in of.items() if len(found)}
    return DirtyTable(whole, bad, malformed, counts)


def _spoil(
    table: Table, rows: Ints, names: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    for i, name in enumerate(names):
        some = rows[i :: len(names)]
        spoilt = [texts[k % len(texts)] for k in range(len(some))]
        column: Column = table.columns[name]
        column.set_text(some, spoilt)
