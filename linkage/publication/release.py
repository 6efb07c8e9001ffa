"""Schema `release` of the published warehouse: what may be published outside.

dbt builds it (models/release) on DuckDB, whichever engine built the warehouse, after
the driver models and the monitor. Whatever changes a table it is made of removes it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from linkage.base.quoting import quoted
from linkage.base.settings import RunSettings
from linkage.publication.parquet_versions import (
    RELEASE,
    copy_views,
    next_parquet_version,
)
from linkage.publication.publish import (
    open_published,
    publish_file,
    refuse_unpublished,
)

BUILD, INTAKE = "build.duckdb", "intake.duckdb"


@contextmanager
def next_release(settings: RunSettings) -> Iterator[Path]:
    """A folder with the published tables in a DuckDB file, for dbt to build in.

    Schema `release` is published when the block ends well; the caller holds the
    warehouse's lock.
    """
    refuse_unpublished(settings)
    folder = settings.release
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build = folder / BUILD
    try:
        if settings.engine == "spark":
            copy_views(settings, build)
        else:
            shutil.copyfile(settings.warehouse, build)
        yield folder
        if settings.engine == "spark":
            _publish_parquet(settings, build)
        else:
            publish_file(settings, build)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _publish_parquet(settings: RunSettings, build: Path) -> None:
    with duckdb.connect(str(build), read_only=True) as connection:
        tables = _released(connection)
    with next_parquet_version(settings, tables) as connection:
        connection.execute(
            f"attach {quoted(str(build))} as built (read_only)"
        ).fetchall()
        for name in tables:
            connection.execute(
                f"create or replace table {name} as select * from built.{name}"
            ).fetchall()


def is_released(settings: RunSettings) -> bool:
    """Does the published warehouse hold schema `release`?"""
    with open_published(settings) as connection:
        return bool(_released(connection))


def released_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Names of the released tables, without the schema."""
    return [name.removeprefix(f"{RELEASE}.") for name in _released(connection)]


def _released(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        f"{RELEASE}.{name}"
        for (name,) in connection.execute(
            "select table_name from information_schema.tables "
            f"where table_schema = '{RELEASE}' order by table_name"
        ).fetchall()
    ]
