"""Tables of a DuckDB file: rows by crime reference, and the file rewritten.

A delete would leave the bytes in free blocks. So a new file is filled with the rows
that stay, and replaces the old one.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from linkage.base.clock import utc_now
from linkage.base.errors import LinkageError
from linkage.base.quoting import identifier, quoted
from linkage.base.settings import RunSettings
from linkage.erasure.found import Found
from linkage.erasure.references import KEY, References, is_forgotten
from linkage.erasure.sql_text import mentions
from linkage.publication.written_tables import columns_of, create_table

ERASURES = "quality.erasures"
TEXT = "data_type not in ('BOOLEAN', 'DATE', 'TIMESTAMP', 'DOUBLE', 'FLOAT', 'BIGINT', \
'INTEGER', 'SMALLINT', 'TINYINT', 'HUGEINT', 'UBIGINT', 'UINTEGER')"


@dataclass(frozen=True)
class Erasure:
    """History of one erasure: counts, never references."""

    reports: int
    reason: str
    rows_removed: int
    places: int

    def write(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        """Add it to the history."""
        connection.execute(
            f"insert into {table} values (?, ?, ?, ?, ?)",
            [
                utc_now(),
                self.reports,
                self.reason,
                self.rows_removed,
                self.places,
            ],
        ).fetchall()


@dataclass(frozen=True)
class Table:
    """A table of an attached file, its key and its other text columns."""

    name: str
    sql: str
    key: str | None
    key_sql: str
    texts: tuple[str, ...]

    @property
    def is_theirs(self) -> str:
        """SQL: does a row belong to one of the crime reports?"""
        if self.key is None:
            return "false"
        return is_forgotten(f"cast({self.key_sql} as varchar)", self.key)


def look(path: Path, references: References, *, keys_only: bool = False) -> Found:
    """Number of rows of the crime reports, and whether other rows name them."""
    found = Found()
    with _opened(path, references) as connection:
        for table in _tables(connection, "old", references):
            source = table.sql
            if table.key:
                removable, named = connection.execute(
                    f"select count(*), list(distinct cast({table.key_sql} as varchar)) "
                    f"from {table.sql} where {table.is_theirs}"
                ).fetchall()[0]
                found.rows += removable
                if table.key == KEY:
                    found.references |= {ref.strip() for ref in named or ()}
                if removable:
                    source = f"(from {table.sql} where not {table.is_theirs})"
            texts = () if keys_only else table.texts
            count, where = mentions(connection, source, texts, references)
            found.mentions += count
            found.where = found.where or (f"{table.name}, {where}" if count else "")
    return found


def write_without(
    path: Path,
    new: Path,
    references: References,
    settings: RunSettings,
    erasure: Erasure | None = None,
) -> int:
    """Write a file with the rows that stay; returns how many do not.

    `erasure` is added to the history table, which is made where it is not there.
    """
    removed = 0
    with _opened(path, references, settings) as connection:
        connection.execute(
            f"attach {quoted(str(new))} as new (storage_version 'v1.3.0')"
        ).fetchall()
        connection.execute("copy from database old to new (schema)").fetchall()
        for table in _tables(connection, "old", references):
            removed += _copy(connection, table)
        if erasure:
            connection.execute("create schema if not exists new.quality").fetchall()
            create_table(connection, f"new.{ERASURES}", columns_of(ERASURES))
            erasure.write(connection, f"new.{ERASURES}")
        connection.execute("checkpoint new").fetchall()
        connection.execute("detach new").fetchall()
    return removed


def _copy(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Copy the rows that stay, in their order; returns how many do not."""
    target = table.sql.replace("old.", "new.", 1)
    connection.execute(
        f"insert into {target} from {table.sql} where not {table.is_theirs}"
    ).fetchall()
    ((before, after),) = connection.execute(
        f"select (select count(*) from {table.sql}), (select count(*) from {target})"
    ).fetchall()
    return int(before - after)


def in_free_blocks(path: Path, references: References) -> bool:
    """Do the bytes of a file hold one, in a table or not?"""
    with (
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        return references.named_in_bytes(data)


def settle(path: Path) -> None:
    """Write another program's log into its file."""
    if path.with_name(path.name + ".wal").exists():
        with _refused(path), duckdb.connect(str(path)) as connection:
            connection.execute("checkpoint").fetchall()


@contextmanager
def _opened(
    path: Path, references: References, settings: RunSettings | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database with the file attached as `old`, to read."""
    config = settings.duckdb_config() if settings else {}
    with duckdb.connect(config=config) as connection:
        with _refused(path):
            connection.execute(
                f"attach {quoted(str(path))} as old (read_only)"
            ).fetchall()
        references.register(connection)
        yield connection


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise LinkageError(
            f"{path}: cannot be opened as a DuckDB file (damaged, or another program "
            "writes to it); close or remove it and run `linkage forget` again"
        ) from error


def _tables(
    connection: duckdb.DuckDBPyConnection, database: str, references: References
) -> list[Table]:
    columns = connection.execute(
        f"select schema_name, table_name, column_name, {TEXT} from duckdb_columns() "
        "inner join duckdb_tables() using (database_name, schema_name, table_name) "
        "where database_name = ? order by schema_name, table_name, column_index",
        [database],
    ).fetchall()
    tables: dict[tuple[str, str], list[tuple[str, bool]]] = {}
    for schema, table, column, is_text in columns:
        tables.setdefault((schema, table), []).append((column, is_text))
    found = []
    for (schema, table), own in tables.items():
        key = references.key_of(column for column, _ in own)
        found.append(
            Table(
                name=f"{schema}.{table}",
                sql=f"{database}.{identifier(schema)}.{identifier(table)}",
                key=key,
                key_sql=next((identifier(c) for c, _ in own if c.lower() == key), ""),
                texts=tuple(
                    identifier(c) for c, is_text in own if is_text and c.lower() != key
                ),
            )
        )
    return found
