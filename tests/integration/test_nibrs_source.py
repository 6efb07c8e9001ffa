"""The NIBRS source against real state-years, and against zips that cannot be read."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from linkage.base.errors import UnreadableInputError
from linkage.base.settings import PROJECT, RunSettings
from linkage.extracts.load import load_source
from linkage.extracts.nibrs import TABLES, create_empty_tables, load_state_years
from tests.building import build_models
from tests.independent_nibrs import StateYear, read_state_year, read_tables

VERMONT = PROJECT / "data" / "nibrs" / "VT-2024.zip"
SHARED = PROJECT.parent / "shared" / "data" / "nibrs"
STATE_YEARS = {
    "VT-2024": VERMONT,
    "AZ-2016": SHARED / "AZ-2016.zip",
    "DC-2021": SHARED / "DC-2021.zip",
}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every state-year at hand, loaded and built up to the flow; the intake file."""
    folder = tmp_path_factory.mktemp("nibrs")
    extracts = folder / "extracts"
    extracts.mkdir()
    for archive in STATE_YEARS.values():
        if archive.exists():
            shutil.copy(archive, extracts)
    settings = RunSettings("nibrs", extracts, folder / "nibrs.duckdb")
    load_source(settings)
    build_models(settings, "seed", "model")
    return settings.intake


@pytest.fixture(scope="module", params=list(STATE_YEARS))
def state_year(request: pytest.FixtureRequest) -> StateYear:
    archive = STATE_YEARS[request.param]
    if not archive.exists():
        pytest.skip(f"{request.param} is not shipped with the project")
    return read_state_year(archive)


def frame(intake: Path, query: str, *values: object) -> pd.DataFrame:
    with duckdb.connect(str(intake), read_only=True) as connection:
        return connection.execute(query, list(values)).df()


def by_incident(intake: Path, query: str, state_year: StateYear) -> pd.Series:
    counts = frame(intake, query, state_year.name).set_index("crime_ref").iloc[:, 0]
    return counts.reindex(state_year.incidents.index)


# Real state-years ---------------------------------------------------------------------


def test_every_published_row_is_loaded(warehouse: Path, state_year: StateYear) -> None:
    published = read_tables(STATE_YEARS[state_year.name])
    for table in TABLES:
        expected = published[f"cde_{table}" if f"cde_{table}" in published else table]
        rows = frame(
            warehouse,
            f"select line_no from raw_nibrs.{table} where delivery = ?",
            state_year.name,
        )
        assert sorted(rows.line_no) == list(range(2, len(expected) + 2)), table


def test_a_line_number_finds_its_row(warehouse: Path, state_year: StateYear) -> None:
    published = read_tables(STATE_YEARS[state_year.name])["victim"]
    loaded = frame(
        warehouse,
        "select victim_id from raw_nibrs.victim where delivery = ? order by line_no",
        state_year.name,
    )
    assert list(loaded.victim_id) == list(published.victim_id)


def test_both_generations_share_one_layout(warehouse: Path) -> None:
    if not STATE_YEARS["AZ-2016"].exists():
        pytest.skip("AZ-2016 is not shipped with the project")
    named = frame(
        warehouse,
        "select delivery, count(offense_type_id) > 0 as by_id, "
        "count(offense_code) > 0 as by_code from raw_nibrs.offense group by delivery",
    ).set_index("delivery")
    assert list(named.loc["AZ-2016"]) == [True, False]
    assert list(named.loc["VT-2024"]) == [False, True]


def test_the_flow_removes_what_the_files_say(
    warehouse: Path, state_year: StateYear
) -> None:
    steps = frame(
        warehouse,
        "select step, count(*) as reports "
        "from intermediate.int_crime_reports as reports "
        "inner join seeds.flow_steps as steps "
        "on reports.removal_step_no = steps.step_no "
        "where reports.delivery = ? group by step",
        state_year.name,
    )
    built = dict(zip(steps.step, steps.reports, strict=True))
    assert built == {step: n for step, n in state_year.flow.items() if n}


def test_the_combined_cases_are_the_same_incidents(
    warehouse: Path, state_year: StateYear
) -> None:
    built = frame(
        warehouse,
        "select crime_ref from intermediate.int_crime_reports "
        "where is_combined and delivery = ?",
        state_year.name,
    )
    assert set(built.crime_ref) == set(state_year.combined.index)


def test_an_incident_has_the_offences_people_and_outcome_of_the_files(
    warehouse: Path, state_year: StateYear
) -> None:
    expected = state_year.incidents
    counted = {
        "offences": "select crime_ref, count(*) from staging.stg_nibrs__offences "
        "where row_problem is null and delivery = ? group by crime_ref",
        "victims": "select crime_ref, count(*) from staging.stg_nibrs__victims "
        "where row_problem is null and set_aside_reason is null and delivery = ? "
        "group by crime_ref",
        "suspects": "select crime_ref, count(*) from staging.stg_nibrs__suspects "
        "where row_problem is null and set_aside_reason is null and delivery = ? "
        "group by crime_ref",
    }
    for column, query in counted.items():
        built = by_incident(warehouse, query, state_year).fillna(0)
        assert (built == expected[column]).all(), column
    outcomes = by_incident(
        warehouse,
        "select crime_ref, outcome_code from staging.stg_nibrs__offences "
        "where offence_role = 'Main' and delivery = ?",
        state_year,
    )
    assert (outcomes == expected.outcome).all()


def test_a_withdrawal_never_has_an_arrested_suspect(
    warehouse: Path, state_year: StateYear
) -> None:
    arrested = frame(
        warehouse,
        "select coalesce(bool_or(suspects.arrested), false) as is_arrested "
        "from staging.stg_nibrs__offences as offences "
        "inner join staging.stg_nibrs__suspects as suspects "
        "using (delivery, crime_ref) "
        "where offences.outcome_code = '16' and delivery = ?",
        state_year.name,
    )
    assert not arrested.is_arrested[0]
    assert (state_year.incidents.outcome == "16").any()


def test_every_incident_has_one_main_offence(
    warehouse: Path, state_year: StateYear
) -> None:
    mains = by_incident(
        warehouse,
        "select crime_ref, count(*) from staging.stg_nibrs__offences "
        "where offence_role = 'Main' and delivery = ? group by crime_ref",
        state_year,
    )
    assert (mains == 1).all()


# Zips as they may come ----------------------------------------------------------------

Change = Callable[[bytes], bytes]


def rezip(
    target: Path,
    *,
    change: dict[str, Change] | None = None,
    without: tuple[str, ...] = (),
    rename: Callable[[str], str] = str,
) -> Path:
    """Vermont once more, with some members changed, left out or renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(VERMONT) as source, zipfile.ZipFile(target, "w") as copy:
        for name in source.namelist():
            if name not in without:
                keep: Change = (change or {}).get(name, bytes)
                copy.writestr(rename(name), keep(source.read(name)))
    return target


def load(folder: Path) -> dict[str, int]:
    with duckdb.connect() as connection:
        loaded = load_state_years(connection, folder)
    return {one.extract: one.rows for one in loaded}


def refusal(folder: Path) -> str:
    with duckdb.connect() as connection, pytest.raises(UnreadableInputError) as refused:
        load_state_years(connection, folder)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_folder_letter_case_and_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    def shout(content: bytes) -> bytes:
        header, _, rows = content.partition(b"\n")
        return b"\xef\xbb\xbf" + header.upper() + b"\n" + rows

    rezip(
        tmp_path / "VT-2024.ZIP",
        change={"NIBRS_incident.csv": shout, "NIBRS_OFFENSE.csv": shout},
        rename=lambda name: f"VT-2024/{name.swapcase()}",
    )
    loaded = load(tmp_path)
    assert loaded["incident"] == 18_919
    assert loaded["offences"] == 20_426


def test_windows_1252_is_read(tmp_path: Path) -> None:
    def accent(content: bytes) -> bytes:
        return content.replace(b"Addison", b"Addis\xf3n")

    rezip(tmp_path / "VT-2024.zip", change={"agencies.csv": accent})
    with duckdb.connect() as connection:
        load_state_years(connection, tmp_path)
        names = connection.execute(
            "select pub_agency_name from raw_nibrs.agencies order by line_no limit 1"
        ).fetchall()
    assert names == [("Addisón",)]


def test_without_nibrs_every_raw_table_is_there_and_empty() -> None:
    with duckdb.connect() as connection:
        create_empty_tables(connection)
        tables = connection.execute(
            "select table_name, estimated_size from duckdb_tables() "
            "where schema_name = 'raw_nibrs'"
        ).fetchall()
    assert {name for name, _ in tables} == set(TABLES)
    assert not any(rows for _, rows in tables)


def test_nothing_unpacked_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    rezip(tmp_path / "good" / "VT-2024.zip")
    load(tmp_path / "good")
    rezip(tmp_path / "bad" / "VT-2024.zip", without=("NIBRS_VICTIM.csv",))
    refusal(tmp_path / "bad")
    assert list(scratch.iterdir()) == []


# Zips that cannot be read -------------------------------------------------------------


def test_a_folder_that_is_missing_or_holds_no_zip_is_refused(tmp_path: Path) -> None:
    assert "no such folder" in refusal(tmp_path / "nowhere")
    (tmp_path / "VT-2024.csv").touch()
    assert "holds no state-year" in refusal(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>Not found</html>", VERMONT.read_bytes()[:900_000]],
    ids=["empty", "not a zip", "truncated"],
)
def test_a_file_that_is_no_sound_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "VT-2024.zip").write_bytes(content)
    message = refusal(tmp_path)
    assert message.startswith("VT-2024.zip: is not a zip file that can be read")


def test_a_damaged_member_is_refused(tmp_path: Path) -> None:
    content = bytearray(VERMONT.read_bytes())
    with zipfile.ZipFile(VERMONT) as archive:
        member = archive.getinfo("NIBRS_VICTIM.csv")
    middle = member.header_offset + member.compress_size // 2
    content[middle : middle + 200] = bytes(200)
    (tmp_path / "VT-2024.zip").write_bytes(content)
    assert "damaged" in refusal(tmp_path)


@pytest.mark.parametrize("member", ["NIBRS_VICTIM.csv", "agencies.csv"])
def test_a_missing_file_is_refused_by_name(tmp_path: Path, member: str) -> None:
    rezip(tmp_path / "VT-2024.zip", without=(member,))
    message = refusal(tmp_path)
    assert message.startswith("VT-2024.zip: ")
    assert f"{member.lower()}" in message
    assert "is missing" in message


@pytest.mark.parametrize(
    ("member", "column"),
    [
        ("NIBRS_incident.csv", "cleared_except_id"),
        ("NIBRS_VICTIM.csv", "age_code_range_high"),
        ("NIBRS_OFFENSE.csv", "offense_code"),
    ],
)
def test_a_missing_column_is_refused_by_name(
    tmp_path: Path, member: str, column: str
) -> None:
    def lose(content: bytes) -> bytes:
        return content.replace(column.encode(), b"renamed", 1)

    rezip(tmp_path / "VT-2024.zip", change={member: lose})
    message = refusal(tmp_path)
    assert message.startswith(f"VT-2024.zip: {member}: column ")
    assert column in message


def test_a_file_without_rows_is_refused_where_a_state_year_must_have_some(
    tmp_path: Path,
) -> None:
    def header_only(content: bytes) -> bytes:
        return content.partition(b"\n")[0] + b"\n"

    rezip(tmp_path / "VT-2024.zip", change={"NIBRS_OFFENDER.csv": header_only})
    assert refusal(tmp_path).startswith("VT-2024.zip: NIBRS_OFFENDER.csv: holds no row")
    rezip(tmp_path / "VT-2024.zip", change={"NIBRS_WEAPON.csv": header_only})
    assert load(tmp_path)["weapon"] == 0


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    rezip(tmp_path / "VT-2024.zip", change={"NIBRS_AGE.csv": lambda _: b""})
    assert refusal(tmp_path).startswith("VT-2024.zip: NIBRS_AGE.csv: is empty")


def test_a_ragged_row_is_refused_by_its_line_and_not_quoted(tmp_path: Path) -> None:
    def break_line(content: bytes) -> bytes:
        lines = content.split(b"\n")
        lines[99] = b"2024,sensitive"
        return b"\n".join(lines)

    rezip(tmp_path / "VT-2024.zip", change={"NIBRS_VICTIM.csv": break_line})
    message = refusal(tmp_path)
    assert message.startswith("VT-2024.zip: NIBRS_VICTIM.csv: the row on line 100 ")
    assert "sensitive" not in message


def test_a_code_with_two_meanings_is_refused(tmp_path: Path) -> None:
    def repeat(content: bytes) -> bytes:
        return content.rstrip(b"\n") + b"\n1,Z,Another\n"

    rezip(tmp_path / "VT-2024.zip", change={"NIBRS_RELATIONSHIP.csv": repeat})
    assert "column relationship_id holds a code twice" in refusal(tmp_path)


def test_a_zip_of_two_state_years_is_refused(tmp_path: Path) -> None:
    archive = rezip(tmp_path / "VT-2024.zip")
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr("NH/nibrs_incident.csv", "incident_id\n1\n")
    assert "nibrs_incident.csv occurs in it 2 times" in refusal(tmp_path)


def test_an_incident_id_of_two_agencies_is_refused(tmp_path: Path) -> None:
    def move(content: bytes) -> bytes:
        return content.replace(b"\n2024,20498,", b"\n2024,20499,")

    rezip(tmp_path / "VT-2024.zip")
    rezip(tmp_path / "VT-2025.zip", change={"NIBRS_incident.csv": move})
    message = refusal(tmp_path)
    assert "VT-2024.zip and VT-2025.zip" in message
    assert "same incident_id" in message
