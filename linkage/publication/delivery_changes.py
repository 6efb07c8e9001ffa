"""Deliveries that differ from the previous publication, and those missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from linkage.base.errors import AuditFailedError
from linkage.base.settings import RunSettings
from linkage.engines.build_tables import build_tables
from linkage.publication import publications
from linkage.publication.publications import has_table

SHOWN = 5
# Number of crime reports of a warehouse, by the table that holds it. National
# tables hold no crime reports: their rows are counted.
REPORTS = {
    "marts.case_flow": "select max(crime_reports_left) from marts.case_flow",
    "marts.violent_crime_flow": "select max(crimes_left) from marts.violent_crime_flow",
    "marts.force_outcomes": "select sum(delivered_rows) from quality.deliveries",
}
FILES = "delivery, extract, file_name, sha256"
DELIVERED = f"select {FILES} from quality.deliveries"
ALL_SIMULATED = "select bool_and(is_simulated) from quality.deliveries"
# Erased reports are counted in the publication they were erased from.
ERASED = (
    "select coalesce(sum(reports), 0) from quality.erasures where erased_at > "
    f"(select max(published_at) from {publications.TABLE})"
)


@dataclass(frozen=True)
class DeliveryChanges:
    """Names of new, changed and withdrawn deliveries; how many are unchanged."""

    new: tuple[str, ...]
    changed: tuple[str, ...]
    withdrawn: tuple[str, ...]
    unchanged: int

    def in_words(self) -> str:
        """One line for a log."""
        named = (
            ("new", self.new),
            ("changed", self.changed),
            ("withdrawn", self.withdrawn),
        )
        return "deliveries: " + ", ".join(
            [f"{len(names)} {what}{_listed(names)}" for what, names in named]
            + [f"{self.unchanged} unchanged"]
        )


def _listed(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f" ({', '.join(names[:SHOWN])}{more})"


def latest_changes(connection: duckdb.DuckDBPyConnection) -> DeliveryChanges:
    """The deliveries of the latest publication against those of the one before."""
    number = publications.latest_publication(connection)
    before, after = (
        connection.execute(
            f"select {FILES} from {publications.DELIVERIES} where publication = ?",
            [one],
        ).fetchall()
        for one in (number - 1, number)
    )
    return _compare(before, after)


def latest_built(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The build of the latest publication, and its reason; None if it is not known."""
    ((built,),) = connection.execute(
        f"select built from {publications.TABLE} order by publication desc limit 1"
    ).fetchall()
    return None if built is None else str(built)


def publication_news(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The latest publication: its number, its deliveries and its build."""
    changes = latest_changes(connection)
    return {
        "publication": publications.latest_publication(connection),
        "new_deliveries": list(changes.new),
        "changed_deliveries": list(changes.changed),
        "withdrawn_deliveries": list(changes.withdrawn),
        "unchanged_deliveries": changes.unchanged,
        "built": latest_built(connection),
    }


def refuse_fewer_reports(settings: RunSettings) -> None:
    """Raise AuditFailedError where fewer crime reports are delivered than published.

    Or where simulated ones would take the place of real ones. Reports that were erased
    since are not missed, nor simulated ones once real deliveries take their place;
    `accept_fewer` is for a loss that is meant.
    """
    from linkage.publication.publish import open_published

    if settings.accept_fewer or not settings.warehouse.exists():
        return
    with open_published(settings) as connection:
        table = next((name for name in REPORTS if has_table(connection, name)), None)
        if table is None or not publications.are_recorded(connection):
            return
        ((published,),) = connection.execute(REPORTS[table]).fetchall()
        before = connection.execute(DELIVERED).fetchall()
        ((was_simulated,),) = connection.execute(ALL_SIMULATED).fetchall()
        if has_table(connection, "quality.erasures"):
            ((erased,),) = connection.execute(ERASED).fetchall()
            published -= erased
    with build_tables(settings) as tables:
        ((delivered,),) = tables.rows(REPORTS[table])
        after = tables.rows(DELIVERED)
        ((is_simulated,),) = tables.rows(ALL_SIMULATED)
    if is_simulated and not was_simulated:
        raise AuditFailedError(
            f"{settings.warehouse} was published from real deliveries and these are "
            "SIMULATED; nothing was published; name another place with --warehouse, or "
            "run again with --accept-fewer if that is meant"
        )
    if delivered >= published or (was_simulated and not is_simulated):
        return
    what = "rows" if table == "marts.force_outcomes" else "crime reports"
    raise AuditFailedError(
        f"{published:,} {what} were published and only {delivered:,} are delivered now "
        f"({_compare(before, after).in_words()}); nothing was published; bring back "
        "what is missing, or run again with --accept-fewer if the loss is meant"
    )


def _compare(
    before: Iterable[tuple[Any, ...]], after: Iterable[tuple[Any, ...]]
) -> DeliveryChanges:
    """By the names and checksums of each delivery's files."""
    old, new = _files(before), _files(after)
    return DeliveryChanges(
        new=tuple(sorted(new.keys() - old.keys())),
        changed=tuple(sorted(x for x in old.keys() & new.keys() if old[x] != new[x])),
        withdrawn=tuple(sorted(old.keys() - new.keys())),
        unchanged=sum(old[x] == new[x] for x in old.keys() & new.keys()),
    )


def _files(rows: Iterable[tuple[Any, ...]]) -> dict[str, set[tuple[Any, ...]]]:
    files: dict[str, set[tuple[Any, ...]]] = {}
    for delivery, *file in rows:
        files.setdefault(delivery, set()).add(tuple(file))
    return files
