"""Load one source into a fresh intake database."""

from __future__ import annotations

from collections.abc import Callable

import duckdb

from extracts import cris, nibrs
from extracts.register import write_register
from linkage.settings import RunSettings
from publication.publish import start_afresh


def load_source(
    settings: RunSettings, progress: Callable[[str], None] | None = None
) -> dict[str, int]:
    """Load every delivery of the source; the other source's tables stay empty.

    Returns rows by raw table (`schema/table`). Raises UnreadableInputError before
    anything is loaded in part.
    """
    start_afresh(settings)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.memory_limit,
        "threads": str(settings.threads),
        "temp_directory": str(settings.temp),
    }
    with duckdb.connect(str(settings.intake), config=config) as connection:
        if settings.source == "nibrs":
            cris.create_empty_tables(connection)
            loaded = nibrs.load_state_years(
                connection, settings.extracts, progress=progress
            )
        else:
            nibrs.create_empty_tables(connection)
            loaded = cris.load_deliveries(
                connection, settings.extracts, progress=progress
            )
        write_register(connection, settings.source, loaded)
        rows = connection.execute(
            "select schema_name || '/' || table_name, estimated_size "
            "from duckdb_tables() where schema_name like 'raw%'"
        ).fetchall()
    return {table: int(size) for table, size in rows}
