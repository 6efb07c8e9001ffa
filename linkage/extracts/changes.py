"""Incremental load: deliveries that are new, changed or withdrawn.

The raw tables are brought up to date, and the crime reports that such a delivery names,
now or before, are listed: incremental models take those alone
(macros/crime_reports.sql).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from linkage.base.quoting import quoted
from linkage.base.settings import RunSettings
from linkage.extracts import records
from linkage.extracts.deliveries import Delivery, find_deliveries
from linkage.extracts.layouts import CRIS
from linkage.extracts.register import insert_register
from linkage.publication.build_state import CHANGED, note_start
from linkage.publication.delivery_changes import DeliveryChanges

TABLES = (*CRIS.extracts, "malformed_rows")
# Where more of the offences than this have changed, a full refresh is no slower.
MOST_CHANGED = 0.4


@dataclass(frozen=True)
class Changes:
    """Deliveries to load, those that have changed, and the rest."""

    added: tuple[Delivery, ...]
    changed: tuple[Delivery, ...]
    withdrawn: tuple[str, ...]
    unchanged: int
    # Files touched but not changed: stamp, delivery, extract.
    stamps: tuple[tuple[str | None, str, str], ...] = ()

    @property
    def arrived(self) -> list[Delivery]:
        """Deliveries to read."""
        return sorted((*self.added, *self.changed), key=lambda one: one.name)

    @property
    def outdated(self) -> list[str]:
        """Deliveries whose rows must go."""
        return sorted([*(one.name for one in self.changed), *self.withdrawn])

    def in_words(self) -> str:
        """One line for a log."""
        return DeliveryChanges(
            new=tuple(one.name for one in self.added),
            changed=tuple(one.name for one in self.changed),
            withdrawn=self.withdrawn,
            unchanged=self.unchanged,
        ).in_words()


def load_changes(
    settings: RunSettings, progress: Callable[[str], None] | None = None
) -> str | None:
    """Bring the intake up to date and list the changed crime reports.

    Returns why not, with the intake unchanged, where so many are named that everything
    may as well be built. Raises UnreadableInputError with the intake unchanged.
    """
    say = progress or (lambda _: None)
    with duckdb.connect(str(settings.intake), read_only=True) as connection:
        changes = find_changes(connection, find_deliveries(settings.extracts))
    say(changes.in_words())
    # Read outside the intake: an unreadable delivery leaves the intake unchanged.
    settings.arrivals.unlink(missing_ok=True)
    with duckdb.connect(
        str(settings.arrivals), config=settings.duckdb_config()
    ) as connection:
        loaded = records.load_deliveries(
            connection, CRIS, changes.arrived, progress=progress
        )
    with duckdb.connect(
        str(settings.intake), config=settings.duckdb_config()
    ) as connection:
        connection.execute(
            f"attach {quoted(str(settings.arrivals))} as arrivals (read_only)"
        ).fetchall()
        connection.execute("begin").fetchall()
        _name_crime_reports(connection, changes.outdated, settings.months)
        named, total = _count(connection)
        if named > MOST_CHANGED * total:
            connection.execute("rollback").fetchall()
            return f"{named:,} of {total:,} offences are of changed crime reports"
        _replace_rows(connection, changes.outdated)
        insert_register(connection, settings.source, loaded)
        if changes.stamps:
            connection.executemany(
                "update raw.deliveries set file_stamp = ? "
                "where delivery = ? and extract = ?",
                changes.stamps,
            ).fetchall()
        built = f"the changed crime reports: {named:,} of {total:,} offences"
        note_start(connection, settings, built)
        connection.execute("commit").fetchall()
    settings.arrivals.unlink()
    say(f"builds {built}")
    return None


def find_changes(
    connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Delivery]
) -> Changes:
    """Compare the deliveries with those loaded: by the files' stamps, else content."""
    known: dict[str, dict[str, tuple[str, str, str | None, bool]]] = {}
    for delivery, extract, *row in connection.execute(
        "select delivery, extract, file_name, sha256, file_stamp, is_simulated "
        "from raw.deliveries"
    ).fetchall():
        known.setdefault(delivery, {})[extract] = tuple(row)
    added, changed, unchanged = [], [], 0
    stamps: list[tuple[str | None, str, str]] = []
    for one in deliveries:
        files = known.pop(one.name, None)
        if files is None:
            added.append(one)
        elif all(_is_as_loaded(one, x, files[x], stamps) for x in CRIS.extracts):
            unchanged += 1
        else:
            changed.append(one)
    return Changes(
        tuple(added), tuple(changed), tuple(sorted(known)), unchanged, tuple(stamps)
    )


def _is_as_loaded(
    delivery: Delivery,
    extract: str,
    known: tuple[str, str, str | None, bool],
    stamps: list[tuple[str | None, str, str]],
) -> bool:
    """By its stamp, else by its content; then `stamps` takes the new one."""
    file_name, sha256, known_stamp, is_simulated = known
    path = delivery.path(extract)
    if (path.name, delivery.is_simulated) != (file_name, is_simulated):
        return False
    stamp = records.file_stamp(path)
    if stamp is not None and stamp == known_stamp:
        return True
    if records.checksum(path) != sha256:
        return False
    stamps.append((stamp, delivery.name, extract))
    return True


def _name_crime_reports(
    connection: duckdb.DuckDBPyConnection,
    outdated: Sequence[str],
    months: Sequence[str],
) -> None:
    """Crime reports of added or removed deliveries. Rows without a reference: always.

    The reference as staging reads it, trimmed.
    """
    gone = ", ".join(map(quoted, outdated)) or "null"
    named = [
        query
        for table in TABLES
        for query in (
            f"select crime_ref from arrivals.raw_cris.{table}",
            f"select crime_ref from raw_cris.{table} where delivery in ({gone})",
        )
    ]
    if months:
        listed = ", ".join(map(quoted, months))
        named.append(
            "select crime_ref from raw_cris.offences "
            f"where substr(trim(recorded_on), 1, 7) in ({listed})"
        )
    connection.execute(
        f"create or replace table {CHANGED} as "
        "select distinct coalesce(trim(crime_ref), '') as crime_ref "
        f"from ({' union all '.join(named)} union all select '')"
    ).fetchall()


def _count(connection: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """Offences of the crime reports named, before and after; and all."""
    ((named, total),) = connection.execute(
        f"select count(*) filter (coalesce(trim(crime_ref), '') in (from {CHANGED})), "
        "count(*) from (select crime_ref from raw_cris.offences "
        "union all select crime_ref from arrivals.raw_cris.offences)"
    ).fetchall()
    return int(named), int(total)


def _replace_rows(
    connection: duckdb.DuckDBPyConnection, outdated: Sequence[str]
) -> None:
    gone = ", ".join(map(quoted, outdated)) or "null"
    for table in TABLES:
        name = f"raw_cris.{table}"
        connection.execute(f"delete from {name} where delivery in ({gone})").fetchall()
        connection.execute(f"insert into {name} from arrivals.{name}").fetchall()
    connection.execute(
        f"delete from raw.deliveries where delivery in ({gone})"
    ).fetchall()
