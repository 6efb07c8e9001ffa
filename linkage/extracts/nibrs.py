"""Load FBI NIBRS state-years, as text, into schema `raw_nibrs` of the intake database.

One layout serves both generations of the files (up to 2020, from 2021): a column that a
generation lacks is null.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from linkage.base.errors import UnreadableInputError
from linkage.base.quoting import quoted
from linkage.extracts.csv_files import TextFile, inspect
from linkage.extracts.register import LoadedExtract

SCHEMA = "raw_nibrs"


@dataclass(frozen=True)
class Table:
    """One raw table: the files it may be published in and the columns kept.

    A column is `name`, `name=other` where generations name it differently, and ends in
    `?` where a generation lacks it. `one_of` names columns of which a file has at least
    one; `key` the column whose values are unique in a state-year; `extract` the target
    of the table's rows.
    """

    members: tuple[str, ...]
    columns: tuple[str, ...]
    key: str | None = None
    one_of: tuple[str, ...] = ()
    may_be_empty: bool = False
    extract: str | None = None


def _table(
    member: str,
    columns: str,
    *,
    key: str | None = None,
    one_of: tuple[str, ...] = (),
    may_be_empty: bool = False,
    extract: str | None = None,
) -> Table:
    return Table(
        members=tuple(member.split()),
        columns=tuple(columns.split()),
        key=key,
        one_of=one_of,
        may_be_empty=may_be_empty,
        extract=extract,
    )


_PERSON = (
    "age_id age_num sex_code race_id ethnicity_id age_range_low_num "
    "age_range_high_num=age_code_range_high"
)
TABLES: dict[str, Table] = {
    "incident": _table(
        "nibrs_incident",
        "incident_id agency_id incident_date report_date_flag cleared_except_id "
        "cleared_except_date",
    ),
    "offense": _table(
        "nibrs_offense",
        "offense_id incident_id offense_type_id? offense_code? attempt_complete_flag "
        "location_id",
        one_of=("offense_code", "offense_type_id"),
        extract="offences",
    ),
    "offense_type": _table(
        "nibrs_offense_type",
        "offense_type_id? offense_code offense_name crime_against",
        key="offense_code",
    ),
    "victim": _table(
        "nibrs_victim",
        f"victim_id incident_id victim_seq_num victim_type_id {_PERSON}",
        extract="victims",
    ),
    "victim_type": _table(
        "nibrs_victim_type",
        "victim_type_id victim_type_code victim_type_name",
        key="victim_type_id",
    ),
    "victim_offense": _table("nibrs_victim_offense", "victim_id offense_id"),
    "offender": _table(
        "nibrs_offender",
        f"offender_id incident_id offender_seq_num {_PERSON}",
        extract="suspects",
    ),
    "relationship": _table(
        "nibrs_relationship",
        "relationship_id relationship_code relationship_name",
        key="relationship_id",
    ),
    "victim_offender_rel": _table(
        "nibrs_victim_offender_rel",
        "victim_id offender_id relationship_id",
        may_be_empty=True,
    ),
    "arrestee": _table(
        "nibrs_arrestee",
        "arrestee_id incident_id arrest_date arrest_type_id",
        may_be_empty=True,
    ),
    "arrest_type": _table(
        "nibrs_arrest_type",
        "arrest_type_id arrest_type_code arrest_type_name",
        key="arrest_type_id",
    ),
    "cleared_except": _table(
        "nibrs_cleared_except",
        "cleared_except_id cleared_except_code cleared_except_name",
        key="cleared_except_id",
    ),
    "location_type": _table(
        "nibrs_location_type",
        "location_id location_code location_name",
        key="location_id",
    ),
    "bias_motivation": _table(
        "nibrs_bias_motivation", "bias_id offense_id", may_be_empty=True
    ),
    "bias_list": _table(
        "nibrs_bias_list", "bias_id bias_code bias_name=bias_desc", key="bias_id"
    ),
    "weapon": _table("nibrs_weapon", "weapon_id offense_id", may_be_empty=True),
    "weapon_type": _table(
        "nibrs_weapon_type", "weapon_id weapon_code weapon_name", key="weapon_id"
    ),
    "victim_injury": _table(
        "nibrs_victim_injury", "victim_id injury_id", may_be_empty=True
    ),
    "injury": _table(
        "nibrs_injury", "injury_id injury_code injury_name", key="injury_id"
    ),
    "ref_race": _table("ref_race", "race_id race_code race_desc", key="race_id"),
    "ref_state": _table("ref_state", "state_id state_name state_abbr", key="state_id"),
    "age": _table("nibrs_age", "age_id age_code age_name", key="age_id"),
    "agencies": _table(
        "agencies cde_agencies",
        "agency_id ori state_id county_name=primary_county agency_name? "
        "ncic_agency_name? pub_agency_name? pub_agency_unit?",
        key="agency_id",
        one_of=("agency_name", "ncic_agency_name", "pub_agency_name"),
    ),
}


def create_empty_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the raw tables, all text, dropping old ones."""
    connection.execute(f"create schema if not exists {SCHEMA}").fetchall()
    for name, table in TABLES.items():
        listed = ", ".join(f"{_name(column)} varchar" for column in table.columns)
        connection.execute(
            f"create or replace table {SCHEMA}.{name} "
            f"(delivery varchar, line_no bigint, {listed})"
        ).fetchall()


def load_state_years(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    progress: Callable[[str], None] | None = None,
) -> list[LoadedExtract]:
    """Load every state-year zip of `folder` into empty raw tables.

    Raises UnreadableInputError with one line that names zip, file and column.
    """
    archives = _find_archives(folder)
    create_empty_tables(connection)
    loaded = []
    for archive in archives:
        for name, table in TABLES.items():
            one = _load_table(connection, archive, name)
            loaded.append(one)
            if progress and table.extract:
                progress(f"{one.delivery} {one.file_name}: {one.rows:,} rows")
    _check_incidents_are_told_apart(connection)
    return loaded


def _find_archives(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UnreadableInputError(
            f"{folder}: no such folder; name the folder that holds the NIBRS "
            "state-year zips with --extracts"
        )
    archives = sorted(
        entry
        for entry in folder.iterdir()
        if entry.suffix.lower() == ".zip" and not entry.name.startswith(".")
    )
    if not archives:
        raise UnreadableInputError(
            f"{folder}: holds no state-year; expected zips as the FBI publishes them, "
            "such as VT-2024.zip"
        )
    return archives


def _load_table(
    connection: duckdb.DuckDBPyConnection, archive: Path, name: str
) -> LoadedExtract:
    table = TABLES[name]
    with tempfile.TemporaryDirectory() as folder:
        path = _extract_member(archive, table, Path(folder))
        where = f"{archive.name}: {path.name}"
        file = inspect(path, where)
        _check_header(file, table, where)
        rows = _insert(connection, archive.stem, name, file, where)
    if rows == 0 and not table.may_be_empty:
        raise UnreadableInputError(
            f"{where}: holds no rows; download the state-year again"
        )
    _check_key(connection, archive.stem, name, where)
    return LoadedExtract(
        delivery=archive.stem,
        extract=table.extract or name,
        file_name=path.name,
        rows=rows,
        sha256=file.sha256,
        is_simulated=False,
    )


def _extract_member(archive: Path, table: Table, folder: Path) -> Path:
    """Unpack the one member of a table, in any folder and letter case."""
    wanted = [f"{member}.csv" for member in table.members]
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [
                (Path(member.filename).name.lower(), member)
                for member in opened.infolist()
                if not member.filename.startswith("__MACOSX/")
            ]
            present = [name for name in wanted if name in dict(members)]
            if not present:
                raise UnreadableInputError(
                    f"{archive.name}: {' or '.join(wanted)} is missing; "
                    "download the state-year again"
                )
            found = [member for name, member in members if name == present[0]]
            if len(found) > 1:
                raise UnreadableInputError(
                    f"{archive.name}: {present[0]} occurs in it {len(found)} times; "
                    "a zip holds one state-year: split it"
                )
            path = folder / Path(found[0].filename).name
            with opened.open(found[0]) as packed, path.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        RuntimeError,  # encrypted, or of a compression that Python cannot read
        OSError,
    ) as error:
        raise UnreadableInputError(
            f"{archive.name}: is not a zip file that can be read (damaged, truncated "
            "or encrypted); download the state-year again"
        ) from error
    return path


def _name(column: str) -> str:
    return column.split("=")[0].rstrip("?")


def _spellings(column: str) -> list[str]:
    return re.split("[=|]", column.rstrip("?"))


def _check_header(file: TextFile, table: Table, where: str) -> None:
    for column in table.columns:
        if any(file.header.count(x) > 1 for x in _spellings(column)):
            raise UnreadableInputError(f"{where}: column {_name(column)} occurs twice")
        if not column.endswith("?") and not set(_spellings(column)) & set(file.header):
            raise UnreadableInputError(
                f"{where}: column {' or '.join(_spellings(column))} is missing; "
                "download the state-year again"
            )
    if table.one_of and not set(table.one_of) & set(file.header):
        raise UnreadableInputError(
            f"{where}: column {' or '.join(table.one_of)} is missing; "
            "download the state-year again"
        )


def _insert(
    connection: duckdb.DuckDBPyConnection,
    delivery: str,
    name: str,
    file: TextFile,
    where: str,
) -> int:
    if file.encoding == "cp1252":
        text = file.path.read_bytes().decode("cp1252", errors="replace")
        file.path.write_text(text, encoding="utf-8", newline="")
    kept = {_name(column): _spellings(column) for column in TABLES[name].columns}
    values = ", ".join(
        next((f'"{x}"' for x in spellings if x in file.header), "null")
        + f" as {column}"
        for column, spellings in kept.items()
    )
    # Other columns may repeat a name: each is known by its place.
    wanted = {x for spellings in kept.values() for x in spellings}
    typed = ", ".join(
        f"{quoted(x if x in wanted else f'unused {place}')}: 'VARCHAR'"
        for place, x in enumerate(file.header)
    )
    try:
        rows = connection.execute(
            f"insert into {SCHEMA}.{name} (delivery, line_no, {', '.join(kept)}) "
            f"select {quoted(delivery)}, 1 + row_number() over (), {values} "
            f"from read_csv({quoted(str(file.path))}, auto_detect = false, "
            "header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
            "strict_mode = true, parallel = false, max_line_size = 1000000, "
            f"columns = {{{typed}}})"
        ).fetchall()[0][0]
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        line = re.search(r"Line: (\d+)", str(error))
        raise UnreadableInputError(
            f"{where}: the row on line {line[1] if line else 'unknown'} cannot be read "
            f"(expected {len(file.header)} columns); download the state-year again"
        ) from error
    return int(rows)


def _check_key(
    connection: duckdb.DuckDBPyConnection, delivery: str, name: str, where: str
) -> None:
    """Refuse a code table that gives a code two meanings: every join would fan out."""
    key = TABLES[name].key
    if key is None:
        return
    repeated = connection.execute(
        f"select count({key}) - count(distinct {key}) from {SCHEMA}.{name} "
        "where delivery = ?",
        [delivery],
    ).fetchall()[0][0]
    if repeated:
        raise UnreadableInputError(
            f"{where}: column {key} holds a code twice; download the state-year again"
        )


def _check_incidents_are_told_apart(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse an incident id shared by two agencies: no other field identifies one.

    The FBI numbers incidents again in each generation of its files; without this check
    a later state-year would silently replace another state's incident.
    """
    clash = connection.execute(
        f"select min(delivery), max(delivery), count(*) from {SCHEMA}.incident "
        "where incident_id in (select incident_id from "
        f"{SCHEMA}.incident group by incident_id having count(distinct agency_id) > 1)"
    ).fetchall()[0]
    if clash[2]:
        raise UnreadableInputError(
            f"{clash[0]}.zip and {clash[1]}.zip: different agencies use the same "
            "incident_id; run these state-years apart, each with its own warehouse"
        )
