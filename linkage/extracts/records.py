"""Load deliveries of a layout, as text, into its raw schema of the intake database."""

from __future__ import annotations

import csv
import hashlib
import tempfile
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

import duckdb

from linkage.base.errors import UnreadableInputError
from linkage.base.quoting import identifier, quoted
from linkage.extracts.csv_files import (
    CHUNK,
    MalformedRow,
    TextFile,
    inspect,
    open_bytes,
    read_rows,
)
from linkage.extracts.deliveries import Delivery
from linkage.extracts.layouts import Layout
from linkage.extracts.register import LoadedExtract

# A file this young could be written to without a change of its time.
YOUNG_NS = 2_000_000_000


def create_empty_tables(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Create the raw tables of a layout, all text, dropping old ones."""
    connection.execute(f"create schema if not exists {layout.schema}").fetchall()
    for extract, columns in layout.extracts.items():
        listed = ", ".join(f"{column} varchar" for column in columns)
        connection.execute(
            f"create or replace table {layout.schema}.{extract} "
            f"(delivery varchar, line_no bigint, {listed})"
        ).fetchall()
    connection.execute(
        f"create or replace table {layout.schema}.malformed_rows (delivery varchar, "
        f"extract varchar, line_no bigint, {layout.key} varchar, reason varchar)"
    ).fetchall()


def load_deliveries(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    deliveries: Sequence[Delivery],
    *,
    progress: Callable[[str], None] | None = None,
) -> list[LoadedExtract]:
    """Load deliveries of a layout into its raw tables, emptied first.

    Raises UnreadableInputError with one line that names file, column and delivery.
    """
    create_empty_tables(connection, layout)
    loaded = []
    for delivery in deliveries:
        files = [delivery.path(extract) for extract in layout.extracts]
        with unchanged_meanwhile(delivery.name, files):
            for extract in layout.extracts:
                one = load_extract(connection, delivery, extract)
                loaded.append(one)
                if progress:
                    progress(f"{one.delivery} {one.file_name}: {one.rows:,} rows")
        if not any(
            x.rows
            for x in loaded
            if x.extract == layout.never_empty and x.delivery == delivery.name
        ):
            raise UnreadableInputError(
                f"delivery {delivery.name}: {delivery.path(layout.never_empty).name} "
                "holds no rows; an empty delivery is not loaded"
            )
    return loaded


def load_extract(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, extract: str
) -> LoadedExtract:
    """Load one file of a delivery; malformed rows are kept with their reason."""
    path = delivery.path(extract)
    where = f"delivery {delivery.name}: {path.name}"
    stamp = file_stamp(path)
    if delivery.file_format == ".parquet":
        rows, sha256, notes = _load_parquet(connection, delivery, extract, where)
    else:
        rows, sha256, notes = _load_csv(connection, delivery, extract, where)
    return LoadedExtract(
        delivery=delivery.name,
        extract=extract,
        file_name=path.name,
        rows=rows,
        sha256=sha256,
        is_simulated=delivery.is_simulated,
        notes=notes,
        stamp=stamp,
    )


@contextmanager
def unchanged_meanwhile(delivery: str, files: Collection[Path]) -> Iterator[None]:
    """Refuse a delivery if one of its files is changed or removed while it is read.

    Files that are whole one by one may not be of one delivery. The error from reading a
    changing file does not show its fault.
    """
    before = {path: _state(path) for path in files}
    try:
        yield
    finally:
        for path, state in before.items():
            if not path.exists() or _state(path) != state:
                raise UnreadableInputError(
                    f"delivery {delivery}: {path.name}: was written to while it was "
                    "read; run again when it is whole"
                )


@dataclass(frozen=True)
class _FileState:
    """File attributes that change with every write."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int


def _state(path: Path) -> _FileState:
    found = path.stat()
    return _FileState(
        found.st_dev,
        found.st_ino,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
    )


def file_stamp(path: Path) -> str | None:
    """A value that changes with an unread file; None for one too young."""
    state = _state(path)
    if time.time_ns() - state.changed_ns <= YOUNG_NS:
        return None
    return ":".join(str(value) for value in astuple(state))


def checksum(path: Path) -> str:
    """SHA-256 of a file's content as the register has it: a .csv.gz unpacked."""
    try:
        with open_bytes(path) as stream:
            digest = hashlib.sha256()
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
            return digest.hexdigest()
    except (EOFError, zlib.error, OSError):
        # Loading it will report the fault.
        return "unreadable"


def _check_columns(
    header: tuple[str, ...], delivery: Delivery, extract: str, where: str
) -> tuple[str, ...]:
    columns = delivery.layout.extracts[extract]
    for column in columns:
        if header.count(column) > 1:
            raise UnreadableInputError(f"{where}: column {column} occurs twice")
        if column not in header:
            raise UnreadableInputError(
                f"{where}: column {column} is missing; the extract contract lists "
                f"{len(columns)} columns for {extract}"
            )
    extra = sorted(set(header) - set(columns))
    return (f"left out, not in the contract: {', '.join(extra)}",) if extra else ()


def _load_csv(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, extract: str, where: str
) -> tuple[int, str, tuple[str, ...]]:
    file = inspect(delivery.path(extract), where)
    notes = _check_columns(file.header, delivery, extract, where)
    rows = _load_sound_csv(connection, delivery, extract, file)
    if rows is None:
        rows = _load_odd_csv(connection, delivery, extract, file, where)
    if file.encoding == "cp1252":
        notes = (*notes, "read as Windows-1252")
    return rows, file.sha256, notes


def _insert(delivery: Delivery, extract: str, line_no: str, source: str) -> str:
    layout = delivery.layout
    listed = ", ".join(layout.extracts[extract])
    return (
        f"insert into {layout.schema}.{extract} (delivery, line_no, {listed}) "
        f"select '{delivery.name}', {line_no}, {listed} from {source}"
    )


def _read_csv(path: Path, columns: tuple[str, ...]) -> str:
    typed = ", ".join(f"{quoted(column)}: 'VARCHAR'" for column in columns)
    return (
        f"read_csv({quoted(str(path))}, auto_detect = false, header = true, "
        "delim = ',', quote = '\"', escape = '\"', nullstr = '', strict_mode = true, "
        f"max_line_size = 1000000, columns = {{{typed}}})"
    )


def _load_sound_csv(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    extract: str,
    file: TextFile,
) -> int | None:
    """DuckDB's own reader; None when it refuses a row or rows are not lines."""
    if file.encoding == "cp1252":
        return None
    connection.execute("begin").fetchall()
    try:
        rows = int(
            connection.execute(
                _insert(
                    delivery,
                    extract,
                    "1 + row_number() over ()",
                    _read_csv(file.path, file.header),
                )
            ).fetchall()[0][0]
        )
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        connection.execute("rollback").fetchall()
        return None
    if rows + 1 != file.lines:
        connection.execute("rollback").fetchall()
        return None
    connection.execute("commit").fetchall()
    return rows


def _load_odd_csv(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    extract: str,
    file: TextFile,
    where: str,
) -> int:
    """Row by row, with the line each begins on; returns rows, malformed included."""
    malformed: list[MalformedRow] = []
    layout = delivery.layout
    rows = 0
    with tempfile.TemporaryDirectory(dir=_scratch(connection)) as folder:
        rewritten = Path(folder) / "rows.csv"
        with rewritten.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
            writer.writerow(("line_no", *file.header))
            for line_no, values in read_rows(file, where, layout.key, malformed):
                writer.writerow((line_no, *values))
                rows += 1
        connection.execute(
            _insert(
                delivery,
                extract,
                "cast(line_no as bigint)",
                _read_csv(rewritten, ("line_no", *file.header)),
            )
        ).fetchall()
    if malformed:
        connection.executemany(
            f"insert into {layout.schema}.malformed_rows values (?, ?, ?, ?, ?)",
            [
                (delivery.name, extract, row.line_no, row.key, row.reason)
                for row in malformed
            ],
        ).fetchall()
    return rows + len(malformed)


def _scratch(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Where the engine spills: the next run empties it, even if this one is killed."""
    ((folder,),) = connection.execute(
        "select current_setting('temp_directory')"
    ).fetchall()
    return str(folder) if Path(folder).is_dir() else None


def _load_parquet(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, extract: str, where: str
) -> tuple[int, str, tuple[str, ...]]:
    path = delivery.path(extract)
    source = f"read_parquet({quoted(str(path))}, file_row_number = true)"
    try:
        described = connection.execute(f"describe select * from {source}").fetchall()
        types = {name.lower(): (name, kind) for name, kind, *_ in described}
        types.pop("file_row_number", None)
        notes = _check_columns(tuple(types), delivery, extract, where)
        as_text = ", ".join(
            f"{parquet_text(*types[column])} as {column}"
            for column in delivery.layout.extracts[extract]
        )
        rows = connection.execute(
            _insert(
                delivery,
                extract,
                "file_row_number + 1",
                f"(select file_row_number, {as_text} from {source})",
            )
        ).fetchall()[0][0]
    except duckdb.Error as error:
        raise UnreadableInputError(
            f"{where}: is not a Parquet file that can be read (damaged or truncated); "
            "deliver the file again"
        ) from error
    return int(rows), hashlib.sha256(path.read_bytes()).hexdigest(), notes


def parquet_text(name: str, kind: str) -> str:
    """A Parquet column as the text a CSV would hold.

    A whole-number column with gaps is often written as floating point, a date as a
    timestamp, Y/N as a boolean.
    """
    column = identifier(name)
    if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
        return (
            f"case when {column} = floor({column}) "
            f"then cast(cast({column} as bigint) as varchar) "
            f"else cast({column} as varchar) end"
        )
    if kind.startswith("TIMESTAMP"):
        return (
            f"case when {column} = date_trunc('day', {column}) "
            f"then cast(cast({column} as date) as varchar) "
            f"else cast({column} as varchar) end"
        )
    if kind == "BOOLEAN":
        return f"case {column} when true then 'Y' when false then 'N' end"
    return f"cast({column} as varchar)"
