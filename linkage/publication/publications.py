"""`quality.publications`: each publication's number, and what produced it."""

from __future__ import annotations

import functools
import json
import subprocess

import duckdb

from linkage.base.clock import utc_now
from linkage.base.settings import PROJECT, RunSettings
from linkage.publication.written_tables import columns_of, create_table

SIMULATED = "SIMULATED input: none of these numbers describes real crime reports."
TABLE = "quality.publications"
DELIVERIES = "quality.publication_deliveries"
TABLES = (TABLE, DELIVERIES)


def record_publication(
    connection: duckdb.DuckDBPyConnection,
    settings: RunSettings,
    built: str | None,
    restores: int | None = None,
) -> int:
    """Add the publication that is being made, and what produced it; its number.

    The connection holds the publications so far, if any, and `quality.deliveries`.
    `restores` is the number of the earlier publication that this one brings back.
    """
    for table in TABLES:
        create_table(connection, table, columns_of(table))
    number = latest_publication(connection) + 1
    connection.execute(
        f"insert into {TABLE} by name select ? as publication, ? as published_at, "
        "? as code_version, count(distinct delivery) as deliveries, "
        "max(delivery) as latest_delivery, ? as restores, ? as settings, ? as built "
        "from quality.deliveries",
        [
            number,
            utc_now(),
            code_version(),
            restores,
            json.dumps(_settings(settings)),
            built,
        ],
    ).fetchall()
    connection.execute(
        f"insert into {DELIVERIES} select ?, delivery, extract, file_name, "
        "delivered_rows, sha256 from quality.deliveries order by all",
        [number],
    ).fetchall()
    return number


def are_recorded(connection: duckdb.DuckDBPyConnection) -> bool:
    """Does the warehouse know of publications? Those of old did not."""
    return has_table(connection, TABLE)


def has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Does the warehouse hold this table (`schema.table`)?"""
    row = connection.execute(
        "select count(*) from information_schema.tables "
        "where table_schema || '.' || table_name = ?",
        [name],
    ).fetchone()
    return bool(row and row[0])


def _settings(settings: RunSettings) -> dict[str, str | int]:
    return {
        **settings.dbt_vars(),
        "engine": settings.engine,
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
    }


def latest_publication(connection: duckdb.DuckDBPyConnection) -> int:
    """Number of the latest publication; 0 before the first."""
    row = connection.execute(
        f"select coalesce(max(publication), 0) from {TABLE}"
    ).fetchone()
    return int(row[0]) if row else 0


@functools.cache
def code_version() -> str:
    """The commit this code is at, marked where it was changed since; or `unknown`."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip() or "unknown"


def is_simulated(connection: duckdb.DuckDBPyConnection) -> bool:
    """Does any delivery of the warehouse come from the simulator?"""
    row = connection.execute(
        "select count(*) from quality.deliveries where is_simulated"
    ).fetchone()
    return bool(row and row[0])
