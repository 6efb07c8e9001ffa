"""`quality.publications`: each publication's number, and what produced it."""

from __future__ import annotations

import datetime as dt
import functools
import subprocess

import duckdb

from linkage.settings import PROJECT, RunSettings

TABLE = "quality.publications"
COLUMNS = (
    "publication bigint, published_at timestamp, code_version varchar, "
    "engine varchar, deliveries bigint, latest_delivery varchar, "
    "study_from varchar, study_to varchar"
)


def record_publication(
    connection: duckdb.DuckDBPyConnection, settings: RunSettings
) -> int:
    """Add the publication that is being made to the table; its number.

    The connection holds the publications so far, if any, and `quality.deliveries`.
    """
    connection.execute(f"create table if not exists {TABLE} ({COLUMNS})").fetchall()
    number = latest_publication(connection) + 1
    connection.execute(
        f"insert into {TABLE} select ?, ?, ?, ?, count(distinct delivery), "
        "max(delivery), ?, ? "
        "from quality.deliveries",
        [
            number,
            dt.datetime.now(dt.UTC).replace(microsecond=0, tzinfo=None),
            code_version(),
            settings.engine,
            settings.study_from,
            settings.study_to,
        ],
    ).fetchall()
    return number


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
