"""A Spark warehouse: a folder of numbered versions, and a link to the one that counts.

    <warehouse>/versions/00001/marts/cases/delivery=2021-05-01/part-….parquet
    <warehouse>/current -> versions/00001

A version is complete before the link moves to it, in one rename: readers see the old
version or the new one. The last few stay, for those who still read them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from linkage.base.errors import WarehouseUnwritableError
from linkage.base.quoting import quoted
from linkage.base.settings import RunSettings
from linkage.engines.spark_tables import parquet_table
from linkage.publication import publications

# What may be published outside, made of the others (linkage/publication/release.py).
RELEASE = "release"
SCHEMAS = ("marts", "quality", "drivers", RELEASE)


def refuse_foreign_folder(warehouse: Path) -> None:
    """Raise WarehouseUnwritableError for a path that is no folder of versions."""
    if not warehouse.is_dir() or not (warehouse / "versions").is_dir():
        raise WarehouseUnwritableError(
            f"{warehouse}: is there but is not a folder of Parquet versions; move it "
            "away or choose another place with --warehouse"
        )


def publish_version(
    settings: RunSettings, history: Sequence[str], built: str | None
) -> int:
    """Make the tables of the Spark build the next version, with the current history.

    Returns its number.
    """
    from linkage.engines.spark_session import session

    spark = session(settings)
    with _version_to_come(settings) as version:
        # A study without driver models has no schema of them.
        for schema in filter(spark.catalog.databaseExists, SCHEMAS):
            for table in spark.catalog.listTables(schema):
                if table.isTemporary:  # What an incremental model adds.
                    continue
                made = settings.spark_tables / f"{schema}.db" / table.name
                target = version / schema / table.name
                link_files(made, target)
                if not any(target.rglob("*.parquet")):
                    # A partitioned table without rows has no file with its columns.
                    import pyarrow.parquet as pq

                    empty = spark.table(f"{schema}.{table.name}").limit(0).toArrow()
                    pq.write_table(empty, target / "empty.parquet")
        for name in history:
            _take_history(settings, name, version)
        return _record_publication(settings, version, built)


def _take_history(settings: RunSettings, name: str, version: Path) -> None:
    kept = settings.warehouse / "current" / name.replace(".", "/")
    target = version / name.replace(".", "/")
    if kept.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        link_files(kept, target)


def _record_publication(
    settings: RunSettings, version: Path, built: str | None, restores: int | None = None
) -> int:
    with duckdb.connect() as connection:
        connection.execute("create schema quality").fetchall()
        connection.execute(
            "create view quality.deliveries as select * from "
            + parquet_table(version / "quality" / "deliveries")
        ).fetchall()
        for table in publications.TABLES:
            folder = version / table.replace(".", "/")
            if folder.is_dir():
                connection.execute(
                    f"create table {table} as select * from {parquet_table(folder)}"
                ).fetchall()
        number = publications.record_publication(connection, settings, built, restores)
        for table in publications.TABLES:
            folder = version / table.replace(".", "/")
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            connection.execute(
                f"copy {table} to {quoted(str(folder / 'rows.parquet'))} "
                "(format parquet)"
            ).fetchall()
    return number


@contextmanager
def open_version(settings: RunSettings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The current version as views of an empty DuckDB database."""
    with open_folder(current_version(settings)) as connection:
        yield connection


@contextmanager
def open_folder(version: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A version as views of an empty DuckDB database."""
    with duckdb.connect() as connection:
        _create_views(connection, version)
        yield connection


def copy_views(settings: RunSettings, database: Path) -> None:
    """Views of the current version in a DuckDB file."""
    with duckdb.connect(str(database)) as connection:
        _create_views(connection, current_version(settings))
        connection.execute(f"drop schema {RELEASE} cascade").fetchall()


def _create_views(connection: duckdb.DuckDBPyConnection, version: Path) -> None:
    for schema in SCHEMAS:
        connection.execute(f"create schema {schema}").fetchall()
        # Not every study has each of them.
        for folder in sorted((version / schema).glob("*")):
            connection.execute(
                f"create view {schema}.{folder.name} as "
                f"select * from {parquet_table(folder)}"
            ).fetchall()


def version_folders(warehouse: Path) -> list[Path]:
    """The versions that are kept, oldest first."""
    return sorted((warehouse / "versions").resolve().iterdir())


def restore_version(
    settings: RunSettings,
    restored: Path,
    history: Sequence[str],
    number: int,
    built: str | None,
) -> None:
    """Make an earlier version the next one, with the current history."""
    with _version_to_come(settings) as version:
        link_files(restored, version)
        for name in history:
            _take_history(settings, name, version)
        _record_publication(settings, version, built, restores=number)


@contextmanager
def next_parquet_version(
    settings: RunSettings, tables: Sequence[str]
) -> Iterator[duckdb.DuckDBPyConnection]:
    """These tables to change; a new version holds the remaining rows.

    Every other table can be read, and is the same files in the new version.
    """
    current = current_version(settings)
    with open_version(settings) as connection:
        for name in tables:
            folder = current / name.replace(".", "/")
            if folder.is_dir():
                connection.execute(f"drop view {name}").fetchall()
                connection.execute(
                    f"create table {name} as select * from {parquet_table(folder)}"
                ).fetchall()
        yield connection
        with _version_to_come(settings) as version:
            link_files(current, version)
            if changes_release(tables):
                shutil.rmtree(version / RELEASE, ignore_errors=True)
            for name in tables:
                folder = version / name.replace(".", "/")
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                connection.execute(
                    f"copy {name} to "
                    f"{quoted(str(folder / 'rows.parquet'))} (format parquet)"
                ).fetchall()


def changes_release(tables: Sequence[str]) -> bool:
    """Is the release made of one of these tables, or of tables next to them?"""
    return any(name.startswith(("marts.", "drivers.")) for name in tables)


def current_version(settings: RunSettings) -> Path:
    """The folder of the version that counts; it does not move while it is read."""
    return (settings.warehouse / "current").resolve(strict=True)


@contextmanager
def _version_to_come(settings: RunSettings) -> Iterator[Path]:
    """A new folder to fill; the link moves to it when the block ends well."""
    warehouse = settings.warehouse
    versions = warehouse / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    numbers = sorted(int(path.name) for path in versions.iterdir())
    version = versions / f"{numbers[-1] + 1 if numbers else 1:05}"
    try:
        version.mkdir()
        yield version
        link = warehouse / "next"
        link.unlink(missing_ok=True)
        link.symlink_to(version.relative_to(warehouse))
        link.replace(warehouse / "current")
    except BaseException:
        shutil.rmtree(version, ignore_errors=True)
        raise
    # A publication and the fits on it are two versions.
    for number in numbers[: max(0, len(numbers) + 1 - 2 * settings.kept_publications)]:
        shutil.rmtree(versions / f"{number:05}", ignore_errors=True)


def link_files(source: Path, target: Path) -> None:
    """The same files under another name; a copy where the disk knows no links."""

    def link(one: str, other: str) -> None:
        try:
            os.link(one, other)
        except OSError:
            shutil.copyfile(one, other)

    shutil.copytree(
        source,
        target,
        copy_function=link,
        # Spark's side files.
        ignore=shutil.ignore_patterns("_SUCCESS", ".*.crc"),
        dirs_exist_ok=True,
    )
