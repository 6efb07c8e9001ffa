"""Tables that Python writes: their columns are data, their rows dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from linkage.yaml_files import read_yaml


@dataclass(frozen=True)
class Column:
    """Type and meaning of a column."""

    kind: str
    description: str

    @staticmethod
    def read(content: Mapping[str, Mapping[str, str]]) -> dict[str, Column]:
        """Columns by name, from a mapping of `type` and `description`."""
        return {
            name: Column(said["type"], " ".join(said["description"].split()))
            for name, said in content.items()
        }


@dataclass(frozen=True)
class Table:
    """Grain and columns of a table."""

    description: str
    columns: Mapping[str, Column]

    @staticmethod
    def read(file: Path) -> dict[str, Table]:
        """Tables by name, from a file with `description` and `columns` of each."""
        content = read_yaml(file)
        return {
            name: Table(
                " ".join(table["description"].split()), Column.read(table["columns"])
            )
            for name, table in content.items()
        }


def create_table(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, Column]
) -> None:
    """Make the table (`schema.table`) where it is not there."""
    listed = ", ".join(f"{column} {said.kind}" for column, said in columns.items())
    connection.execute(f"create table if not exists {name} ({listed})").fetchall()


def insert_rows(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Mapping[str, Column],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Add rows to a table, in its columns' types."""
    if not rows:
        return
    import pyarrow as pa

    found = pa.table({column: [row[column] for row in rows] for column in columns})
    connection.register("found", found)
    cast = ", ".join(f"cast({c} as {said.kind})" for c, said in columns.items())
    connection.execute(f"insert into {name} select {cast} from found").fetchall()
    connection.unregister("found")
