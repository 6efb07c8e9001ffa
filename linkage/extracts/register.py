"""The register of loaded files of any source: schema `raw` of the intake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class LoadedExtract:
    """One file of a delivery, once loaded; `rows` counts malformed rows too."""

    delivery: str
    extract: str
    file_name: str
    rows: int
    sha256: str
    is_simulated: bool
    notes: tuple[str, ...] = ()
    stamp: str | None = None


def write_register(
    connection: duckdb.DuckDBPyConnection,
    source_system: str,
    loaded: Sequence[LoadedExtract],
) -> None:
    """Replace `raw.deliveries` with the files of this run."""
    connection.execute("create schema if not exists raw").fetchall()
    connection.execute(
        "create or replace table raw.deliveries (source_system varchar, "
        "delivery varchar, extract varchar, file_name varchar, "
        "delivered_rows bigint, sha256 varchar, is_simulated boolean, notes varchar, "
        "file_stamp varchar)"
    ).fetchall()
    insert_register(connection, source_system, loaded)


def insert_register(
    connection: duckdb.DuckDBPyConnection,
    source_system: str,
    loaded: Sequence[LoadedExtract],
) -> None:
    """Add the loaded files to `raw.deliveries`."""
    if loaded:
        connection.executemany(
            "insert into raw.deliveries values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    source_system,
                    one.delivery,
                    one.extract,
                    one.file_name,
                    one.rows,
                    one.sha256,
                    one.is_simulated,
                    "; ".join(one.notes) or None,
                    one.stamp,
                )
                for one in loaded
            ],
        ).fetchall()
