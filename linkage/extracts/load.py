"""Load one source into a fresh intake database."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb

from linkage.base.quoting import quoted
from linkage.base.settings import RunSettings
from linkage.extracts import national, nibrs, records
from linkage.extracts.changes import load_changes
from linkage.extracts.deliveries import find_deliveries
from linkage.extracts.layouts import LAYOUTS
from linkage.extracts.record_key import write_record_key
from linkage.extracts.record_level import load_record_level
from linkage.extracts.register import write_register
from linkage.publication.build_state import note_start, why_full_refresh
from linkage.publication.publish import start_from_published, start_from_scratch


def write_as_parquet(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write every raw table as a folder of Parquet, `<schema>/<table>/`, for Spark.

    Both engines read the output of one loader: text as delivered, delivery and line.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for schema, table in connection.execute(
        "select schema_name, table_name from duckdb_tables() "
        "where schema_name like 'raw%'"
    ).fetchall():
        path = folder / schema / table
        path.mkdir(parents=True)
        connection.execute(
            f"copy {schema}.{table} to {quoted(str(path / 'rows.parquet'))} "
            "(format parquet, compression zstd)"
        ).fetchall()


def load_source(
    settings: RunSettings,
    progress: Callable[[str], None] | None = None,
    *,
    only_changes: bool = False,
) -> dict[str, int]:
    """Load every delivery of the source; other sources' tables stay empty.

    With `only_changes`, if the last run allows it, only new or changed deliveries are
    loaded: the build then starts as a copy of the published warehouse. Returns rows by
    raw table (`schema/table`). Raises UnreadableInputError before anything is loaded in
    part.
    """
    if only_changes:
        why = why_full_refresh(settings)
        if why is None:
            start_from_published(settings)
            why = load_changes(settings, progress)
            if why is None:
                with duckdb.connect(str(settings.intake), read_only=True) as connection:
                    if settings.engine == "spark":
                        write_as_parquet(connection, settings.raw)
                    return _rows(connection)
    else:
        why = "the deliveries were loaded by hand"
    built = f"everything, because {why}"
    if progress:
        progress(f"builds {built}")
    start_from_scratch(settings)
    config = settings.duckdb_config()
    # The storage format of profiles.yml: the creator of a file decides it.
    config["storage_compatibility_version"] = "v1.3.0"
    with duckdb.connect(str(settings.intake), config=config) as connection:
        # Given when the database is opened, this one is not kept to.
        connection.execute(
            f"set max_temp_directory_size = {quoted(settings.temp_limit)}"
        ).fetchall()
        nibrs.create_empty_tables(connection)
        for layout in LAYOUTS.values():
            records.create_empty_tables(connection, layout)
        national.create_empty_tables(connection)
        if settings.source == "nibrs":
            loaded = nibrs.load_state_years(
                connection, settings.extracts, progress=progress
            )
        elif settings.source == "national":
            loaded = national.load_deliveries(
                connection, settings.extracts, progress=progress
            )
            if settings.record_level:
                latest = max(one.delivery for one in loaded)
                loaded += load_record_level(connection, settings.record_level, latest)
        else:
            layout = LAYOUTS[settings.source]
            deliveries = find_deliveries(settings.extracts, layout)
            loaded = records.load_deliveries(
                connection, layout, deliveries, progress=progress
            )
        write_register(connection, settings.source, loaded)
        write_record_key(connection, settings)
        if settings.engine == "spark":
            write_as_parquet(connection, settings.raw)
        note_start(connection, settings, built)
        return _rows(connection)


def _rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows = connection.execute(
        "select schema_name || '/' || table_name, estimated_size "
        "from duckdb_tables() where schema_name like 'raw%'"
    ).fetchall()
    return {table: int(size) for table, size in rows}
