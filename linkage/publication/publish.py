"""Build in a separate folder, publish by an atomic rename: readers keep open files."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from linkage.base.errors import WarehouseBusyError, WarehouseUnwritableError
from linkage.base.quoting import quoted
from linkage.base.settings import RunSettings
from linkage.publication import publications
from linkage.publication.build_state import note_publication, what_is_built
from linkage.publication.delivery_changes import refuse_fewer_reports
from linkage.publication.durable import sync
from linkage.publication.kept import (
    find_publication,
    keep,
    keep_docs,
    keep_lost,
    kept_publications,
    restore_docs,
)
from linkage.publication.parquet_versions import (
    RELEASE,
    changes_release,
    next_parquet_version,
    open_version,
    publish_version,
    refuse_foreign_folder,
    restore_version,
)
from linkage.publication.written_tables import comment_on_tables

# Written on the published warehouse, not by a build: each publication takes them along.
DRIVER_HISTORY = (
    "drivers.runs",
    "drivers.models_by_run",
    "drivers.odds_ratios_by_run",
    "drivers.performance_by_run",
    "drivers.importance_by_run",
    "drivers.comparisons_by_run",
)
HISTORY = (
    *publications.TABLES,
    *DRIVER_HISTORY,
    "quality.erasures",
    "quality.record_audits",
    "quality.record_audit_sheets",
    "quality.record_audit_answers",
    "quality.record_audit_results",
)
# Locks of this process.
_held: set[Path] = set()


@contextmanager
def one_run_at_a_time(settings: RunSettings) -> Iterator[None]:
    """Hold the warehouse for one run; the lock ends with the process, however it ends.

    A process that already holds it goes on. Raises WarehouseBusyError when another run
    holds it or another program has the published file open for writing,
    WarehouseUnwritableError when its folder can't be written.
    """
    if settings.lock in _held:
        yield
        return
    try:
        settings.build_folder.mkdir(parents=True, exist_ok=True)
        handle = settings.lock.open("a+")
    except OSError as error:
        raise WarehouseUnwritableError(
            f"{settings.build_folder}: cannot be written ({error.strerror}); "
            "choose another place with --warehouse"
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise WarehouseBusyError(
                f"{settings.warehouse}: another run is building it; "
                "wait until it has ended"
            ) from error
        refuse_unusable(settings)
        _held.add(settings.lock)
        try:
            yield
        finally:
            _held.remove(settings.lock)


def refuse_unusable(settings: RunSettings) -> None:
    """Raise where the warehouse's place is taken by something else.

    Readers are welcome: they keep the version they opened. WarehouseBusyError if
    another program writes to the published file.
    """
    warehouse = settings.warehouse
    if not warehouse.exists():
        return
    if settings.engine == "spark":
        refuse_foreign_folder(warehouse)
        return
    if warehouse.is_dir():
        raise WarehouseUnwritableError(
            f"{warehouse}: is a folder; name a file with --warehouse"
        )
    try:
        duckdb.connect(str(warehouse), read_only=True).close()
    except duckdb.IOException as error:
        if "lock" not in str(error).lower():
            raise WarehouseUnwritableError(
                f"{warehouse}: is there but is not a DuckDB file; move it away or "
                "choose another place with --warehouse"
            ) from error
        raise WarehouseBusyError(
            f"{warehouse}: another program has it open for writing; close it (open "
            "the published warehouse read-only) and run again"
        ) from error


def start_from_scratch(settings: RunSettings) -> None:
    """Remove the files of an earlier run, ended or killed, from the build folder."""
    _remove_file(settings.intake)
    _remove_build(settings)
    for folder in (settings.spark_tables, settings.spark_catalog):
        shutil.rmtree(folder, ignore_errors=True)
    settings.temp.mkdir(parents=True, exist_ok=True)


def _remove_build(settings: RunSettings) -> None:
    for path in (settings.build, settings.arrivals):
        _remove_file(path)
    for folder in (settings.temp, settings.audited_docs, settings.raw):
        shutil.rmtree(folder, ignore_errors=True)


def _remove_file(database: Path) -> None:
    database.unlink(missing_ok=True)
    database.with_name(database.name + ".wal").unlink(missing_ok=True)


def start_from_published(settings: RunSettings) -> None:
    """Begin the build as a copy of the published warehouse; the intake stays.

    So do the tables that Spark built: the published ones are links to their files.
    """
    _remove_build(settings)
    settings.temp.mkdir(parents=True, exist_ok=True)
    if settings.engine == "duckdb":
        shutil.copyfile(settings.warehouse, settings.build)


def keep_tables(settings: RunSettings, names: Collection[str]) -> None:
    """Drop the publication's other tables from the build: its fits and monitors."""
    with duckdb.connect(str(settings.build)) as connection:
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables()"
        ).fetchall():
            if f"{schema}.{table}" not in names:
                connection.execute(f'drop table {schema}."{table}"').fetchall()


def publish(settings: RunSettings) -> None:
    """Make the build the published warehouse, in one rename.

    Data Docs follow: a page is never older than the warehouse by more than the instant
    between two renames. Other pages of the previous publication are removed: a run
    rewrites them. Raises AuditFailedError where reports have been lost.
    """
    refuse_fewer_reports(settings)
    built = what_is_built(settings)
    if settings.engine == "spark":
        number = publish_version(settings, HISTORY, built)
        _remove_site(settings)
    else:
        number = _carry_history(settings, built)
        publish_file(settings, settings.build)
        _remove_site(settings)
    note_publication(settings, number)
    if settings.audited_docs.exists():
        old = settings.build_folder / "data_docs.old"
        shutil.rmtree(old, ignore_errors=True)
        if settings.data_docs.exists():
            settings.data_docs.rename(old)
        settings.audited_docs.rename(settings.data_docs)
        shutil.rmtree(old, ignore_errors=True)
        keep_docs(settings)


def rollback(settings: RunSettings, number: int) -> None:
    """Publish a kept publication again, under a new number, with the current history.

    The caller holds the warehouse's lock. Raises LinkageError if it is not kept.
    """
    refuse_unpublished(settings)
    kept = find_publication(settings, number)
    built = f"nothing: publication {number} was restored"
    if settings.engine == "spark":
        restore_version(settings, kept, HISTORY, number, built)
        _remove_site(settings)
        restore_docs(settings, number)
        return
    settings.build_folder.mkdir(exist_ok=True)
    _remove_file(settings.build)
    shutil.copyfile(kept, settings.build)
    _carry_history(settings, built, restores=number)
    publish_file(settings, settings.build)
    _remove_site(settings)
    restore_docs(settings, number)


def _remove_site(settings: RunSettings) -> None:
    shutil.rmtree(settings.site, ignore_errors=True)


def _carry_history(
    settings: RunSettings, built: str | None, restores: int | None = None
) -> int:
    with duckdb.connect(str(settings.build)) as connection:
        published = _last_published(settings)
        if published:
            connection.execute(
                f"attach {quoted(str(published))} as published (read_only)"
            ).fetchall()
            kept = connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables() "
                "where database_name = 'published'"
            ).fetchall()
            for (name,) in kept:
                if name in HISTORY:
                    connection.execute(
                        f"create or replace table {name} as "
                        f"select * from published.{name}"
                    ).fetchall()
        return publications.record_publication(connection, settings, built, restores)


def _last_published(settings: RunSettings) -> Path | None:
    """The published file; where it has been deleted, its kept copy."""
    if settings.warehouse.exists():
        return settings.warehouse
    kept = kept_publications(settings)
    return kept[max(kept)] if kept else None


def size_of(warehouse: Path) -> int:
    """Bytes of what readers open."""
    if warehouse.is_file():
        return warehouse.stat().st_size
    current = warehouse / "current"
    return sum(path.stat().st_size for path in current.rglob("*") if path.is_file())


def refuse_unpublished(settings: RunSettings) -> None:
    """Raise WarehouseUnwritableError if nothing has been published there."""
    if not settings.warehouse.exists():
        raise WarehouseUnwritableError(
            f"{settings.warehouse}: no published warehouse; run `linkage run` first"
        )


@contextmanager
def open_published(settings: RunSettings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published warehouse for reading by SQL, whichever engine built it."""
    refuse_unpublished(settings)
    with (
        open_version(settings)
        if settings.engine == "spark"
        else duckdb.connect(str(settings.warehouse), read_only=True)
    ) as connection:
        yield connection


@contextmanager
def next_version(
    settings: RunSettings, tables: Sequence[str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published warehouse with these tables (`schema.table`) to change or to add.

    Their content is published when the block ends well. The published
    warehouse is not touched on an error.
    """
    refuse_unpublished(settings)
    if settings.engine == "spark":
        with next_parquet_version(settings, tables) as connection:
            yield connection
        return
    copy = settings.build_folder / "next.duckdb"
    # With the log of a run that was killed: it is of another file.
    _remove_file(copy)
    try:
        shutil.copyfile(settings.warehouse, copy)
        with duckdb.connect(str(copy)) as connection:
            if changes_release(tables):
                connection.execute(
                    f"drop schema if exists {RELEASE} cascade"
                ).fetchall()
            yield connection
        publish_file(settings, copy)
    finally:
        _remove_file(copy)


def publish_file(settings: RunSettings, build: Path) -> None:
    """Make this DuckDB file the published warehouse, in one rename."""
    warehouse = settings.warehouse
    # A connection that closes writes its log into the file: no log file remains.
    with duckdb.connect(str(build)) as connection:
        comment_on_tables(connection)
        connection.execute("checkpoint").fetchall()
    sync(build)
    keep_lost(settings)
    build.replace(warehouse)
    sync(warehouse.parent)
    keep(settings)
