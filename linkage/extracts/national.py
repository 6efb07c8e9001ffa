"""Load national files, as their publishers wrote them, into schema `raw_national`.

A delivery may hold any of the inputs of `national_inputs.yml`: a file of the input's
name, or a folder of its name with any number of files as published. The reader finds
the start of the table, its sheets and the spelling of its columns.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from linkage.base.errors import UnreadableInputError
from linkage.base.yaml_files import read_yaml
from linkage.extracts.deliveries import SIMULATED_MARKER, TRUTH_FILE, find_folders
from linkage.extracts.records import checksum, file_stamp, unchanged_meanwhile
from linkage.extracts.register import LoadedExtract
from linkage.extracts.sheets import SUFFIXES, Row, Sheet, header_key, read_sheets

INPUTS_FILE = Path(__file__).with_name("national_inputs.yml")
SCHEMA = "raw_national"
# Place of each row: these come before an input's own columns.
PLACE = ("delivery", "file_name", "sheet", "line_no")
# A table that begins further down is none.
HEADER_WITHIN = 50
# A delivery may also describe itself.
NO_INPUT = (SIMULATED_MARKER, "README.md", "README.txt")


@dataclass(frozen=True)
class NationalInput:
    """One kind of national file: its columns, and each spelling of their headers."""

    name: str
    title: str
    columns: tuple[str, ...]
    spellings: Mapping[str, str]
    may_lack: frozenset[str]


@dataclass(frozen=True)
class NationalFile:
    """One file of a delivery."""

    delivery: str
    path: Path
    input: NationalInput
    is_simulated: bool

    @property
    def where(self) -> str:
        """For messages."""
        return f"delivery {self.delivery}: {self.path.name}"


@dataclass
class _Found:
    """Content of a file's sheets; values are in the order of the input's columns."""

    rows: list[tuple[str, int, tuple[str | None, ...]]] = field(default_factory=list)
    malformed: list[tuple[str, int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@functools.cache
def read_inputs() -> dict[str, NationalInput]:
    """The inputs by name, as `national_inputs.yml` has them."""
    content = read_yaml(INPUTS_FILE)
    return {
        name: NationalInput(
            name,
            stated["title"],
            tuple(stated["columns"]),
            {
                header_key(spelling): column
                for column, spellings in stated["columns"].items()
                for spelling in (column, *spellings)
            },
            frozenset(stated.get("may_lack", ())),
        )
        for name, stated in content.items()
    }


def create_empty_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the raw tables, all text, dropping old ones."""
    connection.execute(f"create schema if not exists {SCHEMA}").fetchall()
    place = "delivery varchar, file_name varchar, sheet varchar, line_no bigint"
    for name, one in read_inputs().items():
        listed = ", ".join(f"{column} varchar" for column in one.columns)
        connection.execute(
            f"create or replace table {SCHEMA}.{name} ({place}, {listed})"
        ).fetchall()
    connection.execute(
        f"create or replace table {SCHEMA}.malformed_rows "
        f"(extract varchar, {place}, reason varchar)"
    ).fetchall()


def find_national_deliveries(extracts: Path) -> dict[str, list[NationalFile]]:
    """The files of each delivery under `extracts`, oldest first.

    Raises UnreadableInputError for a folder that holds no delivery, for one that holds
    no national file, and for a file that is none.
    """
    is_simulated = (extracts / TRUTH_FILE).exists()
    return {
        folder.name: _find_files(folder, is_simulated)
        for folder in find_folders(extracts)
    }


def _find_files(folder: Path, is_simulated: bool) -> list[NationalFile]:
    inputs = read_inputs()
    is_simulated = is_simulated or (folder / SIMULATED_MARKER).exists()
    files = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in NO_INPUT:
            continue
        found = inputs.get(entry.name if entry.is_dir() else _stem(entry))
        if found is None:
            raise UnreadableInputError(
                f"delivery {folder.name}: {entry.name} is none of the national files; "
                "a file or a folder of files is named by its input "
                f"({', '.join(inputs)}): rename or remove it"
            )
        for path in sorted(entry.iterdir()) if entry.is_dir() else [entry]:
            if path.name.startswith(".") or path.name in NO_INPUT:
                continue
            if not path.is_file() or not path.name.lower().endswith(SUFFIXES):
                raise UnreadableInputError(
                    f"delivery {folder.name}: {path.name} is not one of "
                    f"{', '.join(SUFFIXES)}; deliver it as one of these or remove it"
                )
            files.append(NationalFile(folder.name, path, found, is_simulated))
    if not files:
        raise UnreadableInputError(
            f"delivery {folder.name}: holds no national file; expected one or more of "
            f"{', '.join(inputs)}"
        )
    return files


def _stem(path: Path) -> str:
    name = path.name.lower()
    return next((name.removesuffix(x) for x in SUFFIXES if name.endswith(x)), name)


def load_deliveries(
    connection: duckdb.DuckDBPyConnection,
    extracts: Path,
    *,
    progress: Callable[[str], None] | None = None,
) -> list[LoadedExtract]:
    """Load every national file into its raw table, emptied first.

    Raises UnreadableInputError with one line that names delivery, file and column.
    """
    deliveries = find_national_deliveries(extracts)
    create_empty_tables(connection)
    loaded = []
    for delivery, files in deliveries.items():
        with unchanged_meanwhile(delivery, [one.path for one in files]):
            for file in files:
                one = _load_file(connection, file)
                loaded.append(one)
                if progress:
                    progress(f"{one.delivery} {one.file_name}: {one.rows:,} rows")
    return loaded


def _load_file(
    connection: duckdb.DuckDBPyConnection, file: NationalFile
) -> LoadedExtract:
    stamp = file_stamp(file.path)
    found = _read_file(file)
    _insert(connection, file, found)
    return LoadedExtract(
        delivery=file.delivery,
        extract=file.input.name,
        file_name=file.path.name,
        rows=len(found.rows) + len(found.malformed),
        sha256=checksum(file.path),
        is_simulated=file.is_simulated,
        notes=tuple(found.notes),
        stamp=stamp,
    )


def _read_file(file: NationalFile) -> _Found:
    """Every table of the file. Raises UnreadableInputError where it has none."""
    found = _Found()
    nearest: tuple[int, str] | None = None
    tables = 0
    for sheet in read_sheets(file.path, file.where):
        rows = iter(sheet.rows)
        columns, lacking = _find_header(file, sheet, rows)
        if columns is None:
            if nearest is None or lacking[0] < nearest[0]:
                nearest = lacking
            if sheet.name:
                found.notes.append(f"left out, no table of it: sheet {sheet.name}")
            continue
        tables += 1
        _read_table(file, sheet, rows, columns, found)
    if not tables:
        assert nearest is not None
        raise UnreadableInputError(
            f"{file.where}: holds no table of {file.input.name}: {nearest[1]}"
        )
    if not found.rows and not found.malformed:
        raise UnreadableInputError(
            f"{file.where}: holds no rows; an empty file is not loaded"
        )
    return found


def _find_header(
    file: NationalFile, sheet: Sheet, rows: Iterator[Row]
) -> tuple[tuple[str | None, ...] | None, tuple[int, str]]:
    """The column of each place of the header row, none where it is left out.

    Without such a row: the columns that the nearest one lacks, the fewer the nearer.
    `rows` are left standing after the header.
    """
    needed = set(file.input.columns) - file.input.may_lack
    on = f"sheet {sheet.name}: " if sheet.name else ""
    nearest = (
        len(needed) + 1,
        f"{on}no row of the first {HEADER_WITHIN} is its header",
    )
    for row, _ in zip(rows, range(HEADER_WITHIN), strict=False):
        columns = tuple(
            file.input.spellings.get(header_key(value)) for value in row.values
        )
        lacking = sorted(needed - set(columns))
        if not lacking:
            for column in file.input.columns:
                if columns.count(column) > 1:
                    raise UnreadableInputError(
                        f"{file.where}: {on}column {column} occurs twice on line "
                        f"{row.line_no}"
                    )
            return columns, (0, "")
        # Any heading may hold one word that is also a column's.
        if len(lacking) < min(nearest[0], len(needed) - 1):
            nearest = (
                len(lacking),
                f"{on}the header on line {row.line_no} has no {', '.join(lacking)}; "
                "name a new spelling in linkage/extracts/national_inputs.yml",
            )
    return None, nearest


def _read_table(
    file: NationalFile,
    sheet: Sheet,
    rows: Iterator[Row],
    columns: Sequence[str | None],
    found: _Found,
) -> None:
    places = {column: at for at, column in enumerate(columns) if column}
    wanted = [places.get(column) for column in file.input.columns]
    width = len(columns)
    remarks = 0
    for row in rows:
        filled = [at for at, value in enumerate(row.values) if value]
        if not filled:
            continue
        if filled == [0] and width > 1:
            # Footnotes and sources are in the first column, under the table.
            remarks += 1
        elif len(row.values) < width or filled[-1] >= width:
            found.malformed.append(
                (
                    sheet.name,
                    row.line_no,
                    f"{len(row.values)} columns where the header has {width}",
                )
            )
        else:
            values = tuple(
                (row.values[at] or None) if at is not None else None for at in wanted
            )
            found.rows.append((sheet.name, row.line_no, values))
    on = f" of sheet {sheet.name}" if sheet.name else ""
    if remarks:
        found.notes.append(f"passed over{on}: {remarks} lines of notes")
    lacking = [x for x in file.input.columns if x not in places]
    if lacking:
        found.notes.append(f"not there{on}: {', '.join(lacking)}")


def _insert(
    connection: duckdb.DuckDBPyConnection, file: NationalFile, found: _Found
) -> None:
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    place = {
        "sheet": pa.array([sheet or None for sheet, _, _ in found.rows], text),
        "line_no": pa.array([line for _, line, _ in found.rows], number),
    }
    values = {
        column: pa.array([row[at] for _, _, row in found.rows], text)
        for at, column in enumerate(file.input.columns)
    }
    connection.register("found", pa.table({**place, **values}))
    listed = ", ".join((*PLACE[2:], *file.input.columns))
    connection.execute(
        f"insert into {SCHEMA}.{file.input.name} (delivery, file_name, {listed}) "
        f"select ?, ?, {listed} from found",
        [file.delivery, file.path.name],
    ).fetchall()
    connection.unregister("found")
    if found.malformed:
        connection.executemany(
            f"insert into {SCHEMA}.malformed_rows values (?, ?, ?, ?, ?, ?)",
            [
                (file.input.name, file.delivery, file.path.name, sheet or None, *rest)
                for sheet, *rest in found.malformed
            ],
        ).fetchall()
