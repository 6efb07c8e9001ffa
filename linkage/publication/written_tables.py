"""Tables that Python writes: their columns are data, their rows dictionaries."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from linkage.base.quoting import quoted
from linkage.base.settings import PROJECT
from linkage.base.yaml_files import read_yaml

# Where the tables are described, by schema.
FILES = {
    "drivers": ("ml/result_tables.yml", "ml/study_tables.yml"),
    "marts": (
        "linkage/oversight/monitor_tables.yml",
        "linkage/oversight/rank_tables.yml",
    ),
    "quality": ("linkage/publication/quality_tables.yml",),
}
# Tables that keep every row ever published, next to the table of the latest ones.
BY_RUN = "_by_run"


@dataclass(frozen=True)
class Column:
    """Type and meaning of a column."""

    kind: str
    description: str

    @staticmethod
    def read(content: Mapping[str, Mapping[str, str]]) -> dict[str, Column]:
        """Columns by name, from a mapping of `type` and `description`."""
        return {
            name: Column(stated["type"], " ".join(stated["description"].split()))
            for name, stated in content.items()
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
    """Make the table (`schema.table`) where it is not there.

    One of an earlier version gets the columns that it lacks.
    """
    listed = ", ".join(f"{column} {stated.kind}" for column, stated in columns.items())
    connection.execute(f"create table if not exists {name} ({listed})").fetchall()
    there = {row[0] for row in connection.execute(f"describe {name}").fetchall()}
    for column, stated in columns.items():
        if column not in there:
            connection.execute(
                f"alter table {name} add column {column} {stated.kind}"
            ).fetchall()


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
    cast = ", ".join(
        f"cast({c} as {stated.kind}) as {c}" for c, stated in columns.items()
    )
    connection.execute(
        f"insert into {name} by name select {cast} from found"
    ).fetchall()
    connection.unregister("found")


@functools.cache
def written_tables() -> dict[str, dict[str, Table]]:
    """Every table that Python writes, by schema and name."""
    return {
        schema: {
            name: table
            for file in files
            for name, table in Table.read(PROJECT / file).items()
        }
        for schema, files in FILES.items()
    }


def columns_of(table: str) -> Mapping[str, Column]:
    """Columns of a written table (`schema.table`)."""
    schema, name = table.split(".")
    return written_tables()[schema][name].columns


def comment_on_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Add missing comments on written tables and columns to the database.

    dbt does so for its models (`persist_docs`).
    """
    found = connection.execute(
        "select tables.schema_name, tables.table_name, list(column_name) "
        "from duckdb_tables() as tables join duckdb_columns() as columns "
        "on tables.table_oid = columns.table_oid "
        "and tables.database_oid = columns.database_oid "
        "where tables.database_name = current_database() and tables.comment is null "
        "group by all"
    ).fetchall()
    statements = []
    for schema, name, columns in found:
        table = written_tables().get(schema, {}).get(name.removesuffix(BY_RUN))
        if table is None:
            continue
        every = " Every row ever published." if name.endswith(BY_RUN) else ""
        statements.append(
            f"comment on table {schema}.{name} is {quoted(table.description + every)}"
        )
        statements += [
            f"comment on column {schema}.{name}.{column} "
            f"is {quoted(table.columns[column].description)}"
            for column in columns
            if column in table.columns
        ]
    if statements:
        connection.execute("; ".join(statements)).fetchall()
