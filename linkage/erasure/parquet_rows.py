"""Rows of a Parquet file: found as the loader reads them, the rest unchanged.

The schema, its metadata, the row groups and the compression stay. The rest of a row
group is rewritten, because a page holds the values of many rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

from linkage.base.errors import UnreadableInputError
from linkage.base.quoting import identifier, quoted
from linkage.erasure.found import Found, Links
from linkage.erasure.references import KEY, References, is_forgotten
from linkage.erasure.sql_text import mentions
from linkage.extracts.records import parquet_text


def look(path: Path, references: References) -> Found:
    """Number of rows of the crime reports, and whether other rows name them."""
    found = Found()
    with duckdb.connect() as connection:
        references.register(connection)
        columns = _columns(connection, path)
        key = references.key_of(columns)
        source = _source(path)
        theirs = _theirs(columns, key)
        if key:
            found.key = key
            found.rows = len(_row_numbers(connection, path, theirs))
        if key == KEY:
            named = connection.execute(
                f"select distinct {_text(columns, key)} from {source} where {theirs}"
            ).fetchall()
            found.references = {ref.strip() for (ref,) in named}
        others = [
            identifier(name)
            for name, kind in columns.items()
            if name.lower() != key and _may_hold_text(kind)
        ]
        found.mentions, found.where = mentions(
            connection, f"(from {source} where not ({theirs}))", others, references
        )
    return found


def links(
    path: Path, references: References, columns: Iterable[str]
) -> dict[str, Links]:
    """By column, the values named by rows of the crime reports and by other rows.

    Empty where the file has no crime references, and for columns it does not have.
    """
    found: dict[str, Links] = {}
    with duckdb.connect() as connection:
        references.register(connection)
        held = _columns(connection, path)
        names = {name.lower() for name in held}
        if KEY not in names:
            return found
        for column in names.intersection(columns):
            found[column] = Links()
            for value, is_theirs in connection.execute(
                f"select distinct {_text(held, column)}, {_theirs(held, KEY)} "
                f"from {_source(path)}"
            ).fetchall():
                found[column].add(value or "", is_theirs=is_theirs)
    return found


def write_without(path: Path, new: Path, references: References) -> int:
    """Write the file without the rows of the crime reports; returns how many."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    with duckdb.connect() as connection:
        references.register(connection)
        columns = _columns(connection, path)
        theirs = _theirs(columns, references.key_of(columns))
        removed = np.array(_row_numbers(connection, path, theirs), dtype=int)
    file = pq.ParquetFile(path)
    first = file.metadata.row_group(0) if file.num_row_groups else None
    has_int96 = any(column.physical_type == "INT96" for column in file.schema)
    with pq.ParquetWriter(
        new,
        file.schema_arrow,
        compression=first.column(0).compression.lower().replace("uncompressed", "none")
        if first and first.num_columns
        else "snappy",
        use_deprecated_int96_timestamps=has_int96,
    ) as writer:
        start = 0
        for number in range(file.num_row_groups):
            group = file.read_row_group(number)
            keep = np.ones(group.num_rows, dtype=bool)
            inside = (removed >= start) & (removed < start + group.num_rows)
            keep[removed[inside] - start] = False
            start += group.num_rows
            if keep.any():
                writer.write_table(group.filter(pa.array(keep)))
    return len(removed)


def keeps_rows(path: Path, references: References) -> bool:
    """Would the file hold a row without the crime reports?"""
    import pyarrow.parquet as pq

    rows = pq.ParquetFile(path).metadata.num_rows
    return bool(rows > look(path, references).rows)


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    try:
        described = connection.execute(
            "describe select * from "
            f"read_parquet({quoted(str(path))}, hive_partitioning = false)"
        ).fetchall()
    except duckdb.Error as error:
        raise UnreadableInputError(
            f"{path}: is not a Parquet file that can be read; deliver it again or "
            "remove it, then run `linkage forget` again"
        ) from error
    return {name: kind for name, kind, *_ in described}


def _text(columns: dict[str, str], key: str) -> str:
    """A column as the loader's text."""
    return next(
        parquet_text(name, kind)
        for name, kind in columns.items()
        if name.lower() == key
    )


def _theirs(columns: dict[str, str], key: str | None) -> str:
    """SQL: is a row one of the crime reports'?"""
    return is_forgotten(_text(columns, key), key) if key else "false"


def _source(path: Path) -> str:
    return f"read_parquet({quoted(str(path))}, hive_partitioning = false)"


def _row_numbers(
    connection: duckdb.DuckDBPyConnection, path: Path, theirs: str
) -> list[int]:
    return [
        number
        for (number,) in connection.execute(
            f"select file_row_number from read_parquet({quoted(str(path))}, "
            "file_row_number = true, hive_partitioning = false) "
            f"where {theirs} order by 1"
        ).fetchall()
    ]


def _may_hold_text(kind: str) -> bool:
    return any(word in kind for word in ("VARCHAR", "BLOB", "JSON"))
