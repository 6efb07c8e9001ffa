"""What a delivery, an argument or a machine may have wrong, and what the user sees.

An error is one line that says what, where and what to do, with exit status 2; what the
input contract allows is read, and what it rejects is kept with its line and reason.
"""

from __future__ import annotations

import gzip
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from linkage.base.errors import UnreadableInputError
from linkage.base.limits import is_disk_full, is_memory_full, is_temp_full
from linkage.base.settings import PROJECT, RunSettings
from linkage.extracts.deliveries import find_deliveries
from linkage.extracts.layouts import CRIS
from linkage.extracts.load import load_source
from linkage.extracts.records import load_deliveries
from linkage.extracts.register import LoadedExtract
from tests.building import build_models
from tests.deliveries import deliver, offence, sound, suspect, text, victim
from tests.running import (
    Completed,
    command,
    environment,
    frame,
    rows,
    run_linkage,
    start_linkage,
    start_python,
)

# Deliveries that cannot be read -------------------------------------------------------


def refusal(extracts: Path) -> str:
    """The message with which the loader refuses, always one line."""
    with duckdb.connect() as connection, pytest.raises(UnreadableInputError) as refused:
        load_deliveries(connection, CRIS, find_deliveries(extracts))
    message = str(refused.value)
    assert "\n" not in message
    return message


def read_text(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_a_missing_extracts_folder_is_refused_by_name(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere").startswith(
        f"{tmp_path}/nowhere: no such folder"
    )


def test_a_file_in_place_of_the_extracts_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "extracts").touch()
    assert "no such folder" in refusal(tmp_path / "extracts")


def test_an_extracts_folder_without_deliveries_is_refused(tmp_path: Path) -> None:
    assert "holds no delivery" in refusal(tmp_path)


@pytest.mark.parametrize("name", ["May 2021", "2021-02-31", "20210501", "2021-5-1"])
def test_a_folder_that_is_not_named_by_a_date_is_refused_by_name(
    tmp_path: Path, name: str
) -> None:
    deliver(tmp_path)
    (tmp_path / name).mkdir()
    message = refusal(tmp_path)
    assert message.startswith(f"{tmp_path}/{name}: not a delivery name")
    assert "YYYY-MM-DD" in message


def test_an_empty_delivery_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "2021-05-01").mkdir()
    message = refusal(tmp_path)
    assert message.startswith("delivery 2021-05-01: holds no extracts")
    assert "offences.csv" in message


@pytest.mark.parametrize("extract", CRIS.extracts)
def test_a_missing_file_is_refused_by_name(tmp_path: Path, extract: str) -> None:
    (deliver(tmp_path) / f"{extract}.csv").unlink()
    assert refusal(tmp_path).startswith(
        f"delivery 2021-05-01: {extract}.csv is missing"
    )


@pytest.mark.parametrize(
    ("extract", "column"),
    [
        ("offences", "recorded_on"),
        ("victims", "victim_no"),
        ("suspects", "how_known"),
        ("flags", "flag"),
        ("knife_crime_features", "crime_ref"),
    ],
)
@pytest.mark.parametrize("file_format", ["csv", "csv.gz", "parquet"])
def test_a_missing_column_is_refused_by_file_column_and_delivery(
    tmp_path: Path, extract: str, column: str, file_format: str
) -> None:
    folder = deliver(tmp_path, file_format=file_format)
    path = folder / f"{extract}.{file_format}"
    if file_format == "parquet":
        pd.read_parquet(path).drop(columns=column).to_parquet(path)
    else:
        read_text(path).drop(columns=column).to_csv(path, index=False)
    assert refusal(tmp_path).startswith(
        f"delivery 2021-05-01: {path.name}: column {column} is missing"
    )


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    deliver(tmp_path, files={"flags": "crime_ref,flag,flag\nA/21,Knife Crime,\n"})
    assert "flags.csv: column flag occurs twice" in refusal(tmp_path)


@pytest.mark.parametrize("extract", CRIS.extracts)
@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(tmp_path: Path, extract: str, content: bytes) -> None:
    deliver(tmp_path, files={extract: content})
    message = refusal(tmp_path)
    assert message.startswith(f"delivery 2021-05-01: {extract}.csv: is empty")
    assert "header row" in message


def test_a_delivery_without_offences_is_refused(tmp_path: Path) -> None:
    deliver(tmp_path, files={"offences": text("offences", [])})
    assert refusal(tmp_path).startswith(
        "delivery 2021-05-01: offences.csv holds no rows"
    )


def test_a_later_delivery_without_offences_is_refused_too(tmp_path: Path) -> None:
    deliver(tmp_path)
    deliver(tmp_path, date="2021-06-01", files={"offences": text("offences", [])})
    assert refusal(tmp_path).startswith(
        "delivery 2021-06-01: offences.csv holds no rows"
    )


def test_two_formats_in_one_delivery_are_refused(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    (folder / "flags.csv.gz").write_bytes(gzip.compress(b"crime_ref,flag\n"))
    message = refusal(tmp_path)
    assert message.startswith("delivery 2021-05-01: files of two formats")
    assert ".csv" in message
    assert ".csv.gz" in message


def test_a_truncated_gz_is_refused(tmp_path: Path) -> None:
    folder = deliver(tmp_path, file_format="csv.gz")
    path = folder / "victims.csv.gz"
    path.write_bytes(path.read_bytes()[:-12])
    assert refusal(tmp_path).startswith(
        "delivery 2021-05-01: victims.csv.gz: cannot be read (the file is truncated)"
    )


def test_a_gz_that_is_none_or_is_damaged_is_refused(tmp_path: Path) -> None:
    folder = deliver(tmp_path, file_format="csv.gz")
    path = folder / "victims.csv.gz"
    sound_bytes = path.read_bytes()
    for content in (b"crime_ref,victim_no\n", sound_bytes[:40] + b"\xff" * 40):
        path.write_bytes(content)
        message = refusal(tmp_path)
        assert message.startswith("delivery 2021-05-01: victims.csv.gz: cannot be read")


def test_a_truncated_parquet_is_refused(tmp_path: Path) -> None:
    folder = deliver(tmp_path, file_format="parquet")
    path = folder / "suspects.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    message = refusal(tmp_path)
    assert message.startswith("delivery 2021-05-01: suspects.parquet: is not a Parquet")


@pytest.mark.parametrize(
    "broken",
    [
        'A/21,"Domestic Incident\nB/21,Knife Crime\n',
        'A/21,"Domestic"Incident\nB/21,Knife Crime\n',
        'A/21,Domestic Incident\nB/21,"Knife Crime\n',
    ],
    ids=["never closed", "closed within", "last line"],
)
def test_unbalanced_quotes_are_refused_by_file_and_line(
    tmp_path: Path, broken: str
) -> None:
    deliver(tmp_path, files={"flags": f"crime_ref,flag\nB/21,Other\n{broken}"})
    line = 4 if broken.startswith("A/21,Domestic") else 3
    assert refusal(tmp_path).startswith(
        f"delivery 2021-05-01: flags.csv: unbalanced quotes in the row that begins on "
        f"line {line}"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused(tmp_path: Path, encoding: str) -> None:
    content = text("flags", sound("A/21")["flags"]).encode(encoding)
    deliver(tmp_path, files={"flags": content})
    message = refusal(tmp_path)
    assert message.startswith("delivery 2021-05-01: flags.csv: is not UTF-8")
    assert "UTF-8" in message


def test_a_refusal_does_not_quote_a_record(tmp_path: Path) -> None:
    deliver(tmp_path, files={"flags": 'crime_ref,flag\nA/21,"Sensitive\n'})
    assert "Sensitive" not in refusal(tmp_path)


# Files the contract allows ------------------------------------------------------------


def load(extracts: Path) -> tuple[dict[str, pd.DataFrame], list[LoadedExtract]]:
    """Every raw table in the order of its lines, and what the register says."""
    with duckdb.connect() as connection:
        loaded = load_deliveries(connection, CRIS, find_deliveries(extracts))
        tables = {
            extract: connection.execute(
                f"select * exclude (delivery) from raw_cris.{extract} "
                "order by delivery, line_no"
            ).df()
            for extract in (*CRIS.extracts, "malformed_rows")
        }
    return tables, loaded


@pytest.fixture(scope="module")
def plainly_loaded(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, pd.DataFrame]:
    """The sound delivery as loaded from plain CSV."""
    folder = tmp_path_factory.mktemp("sound")
    deliver(folder, sound("A/21", "B/21"))
    return load(folder)[0]


def same(
    found: dict[str, pd.DataFrame], wanted: dict[str, pd.DataFrame], header: int = 1
) -> None:
    """The same rows on the same lines; Parquet has no header line to count."""
    for extract, table in wanted.items():
        shifted = table.assign(line_no=table.line_no - 1 + header)
        pd.testing.assert_frame_equal(found[extract], shifted)


def rewritten(change: Callable[[str], str | bytes]) -> dict[str, str | bytes]:
    tables = sound("A/21", "B/21")
    return {
        extract: change(text(extract, tables[extract])) for extract in CRIS.extracts
    }


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda x: b"\xef\xbb\xbf" + x.encode(), id="byte order mark"),
        pytest.param(lambda x: x.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda x: x.rstrip("\n"), id="no newline at the end"),
        pytest.param(lambda x: x + "\n", id="blank line at the end"),
        pytest.param(lambda x: x + "\n\n\n", id="blank lines at the end"),
        pytest.param(
            lambda x: x.replace("\n", "\r\n") + "\r\n", id="CRLF and a blank line"
        ),
        pytest.param(
            lambda x: b"\xef\xbb\xbf" + x.replace("\n", "\r\n").encode(),
            id="byte order mark and CRLF",
        ),
        pytest.param(
            lambda x: x.split("\n", 1)[0].upper() + "\n" + x.split("\n", 1)[1],
            id="header in capitals",
        ),
    ],
)
def test_a_file_written_another_way_is_the_same_delivery(
    tmp_path: Path,
    change: Callable[[str], str | bytes],
    plainly_loaded: dict[str, pd.DataFrame],
) -> None:
    deliver(tmp_path, files=rewritten(change))
    same(load(tmp_path)[0], plainly_loaded)


@pytest.mark.parametrize("file_format", ["csv.gz", "parquet"])
def test_another_format_is_the_same_delivery(
    tmp_path: Path, file_format: str, plainly_loaded: dict[str, pd.DataFrame]
) -> None:
    deliver(tmp_path, sound("A/21", "B/21"), file_format=file_format)
    same(load(tmp_path)[0], plainly_loaded, header=file_format != "parquet")


def test_column_order_is_free(
    tmp_path: Path, plainly_loaded: dict[str, pd.DataFrame]
) -> None:
    tables = sound("A/21", "B/21")
    files: dict[str, str | bytes] = {
        extract: text(extract, tables[extract], reversed(columns))
        for extract, columns in CRIS.extracts.items()
    }
    deliver(tmp_path, files=files)
    same(load(tmp_path)[0], plainly_loaded)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_an_extra_column_is_kept_out_with_a_note(
    tmp_path: Path, file_format: str, plainly_loaded: dict[str, pd.DataFrame]
) -> None:
    folder = deliver(tmp_path, sound("A/21", "B/21"), file_format=file_format)
    path = folder / f"victims.{file_format}"
    if file_format == "csv":
        with_name = read_text(path).assign(surname="Secret")
        with_name.to_csv(path, index=False)
    else:
        pd.read_parquet(path).assign(surname="Secret").to_parquet(path)
    tables, loaded = load(tmp_path)
    notes = {one.extract: one.notes for one in loaded}
    assert notes["victims"] == ("left out, not in the contract: surname",)
    assert notes["offences"] == ()
    same(tables, plainly_loaded, header=file_format != "parquet")


def test_windows_1252_is_read_with_a_note(tmp_path: Path) -> None:
    table = [offence("A/21", offence="Café assault"), offence("B/21")]
    deliver(tmp_path, files={"offences": text("offences", table).encode("cp1252")})
    tables, loaded = load(tmp_path)
    assert list(tables["offences"].offence) == ["Café assault", "Common assault"]
    assert list(tables["offences"].line_no) == [2, 3]
    assert loaded[0].notes == ("read as Windows-1252",)


def test_a_quoted_newline_is_one_row_and_the_next_keeps_its_line(
    tmp_path: Path,
) -> None:
    table = [
        offence("A/21", offence='Common\nassault,\n"so called"'),
        offence("B/21"),
    ]
    deliver(tmp_path, files={"offences": text("offences", table)})
    found = load(tmp_path)[0]["offences"]
    assert list(found.offence) == [table[0]["offence"], "Common assault"]
    assert list(found.line_no) == [2, 5]


def test_a_blank_line_within_is_passed_over_and_counted(tmp_path: Path) -> None:
    header, first, second = text("flags", sound("A/21")["flags"] * 2).splitlines()
    deliver(tmp_path, files={"flags": f"{header}\n{first}\n\n{second}\n"})
    assert list(load(tmp_path)[0]["flags"].line_no) == [2, 4]


def test_a_ragged_row_is_kept_apart_with_its_line_and_reason(tmp_path: Path) -> None:
    content = "crime_ref,flag\nA/21,Knife Crime\nB/21,Knife Crime,surplus\nA/21\n"
    deliver(tmp_path, files={"flags": content})
    tables, loaded = load(tmp_path)
    assert list(tables["flags"].line_no) == [2]
    bad = tables["malformed_rows"].sort_values("line_no")
    assert list(bad.line_no) == [3, 4]
    assert list(bad.crime_ref) == ["B/21", "A/21"]
    assert list(bad.reason) == [
        "3 columns where the header has 2",
        "1 columns where the header has 2",
    ]
    assert {one.extract: one.rows for one in loaded}["flags"] == 3


def test_typed_parquet_columns_are_read_as_the_text_a_csv_would_hold(
    tmp_path: Path, plainly_loaded: dict[str, pd.DataFrame]
) -> None:
    folder = deliver(tmp_path, sound("A/21", "B/21"), file_format="parquet")
    offences = pd.read_parquet(folder / "offences.parquet")
    offences["offence_no"] = offences.offence_no.astype("int64")
    offences["recorded_on"] = pd.to_datetime(offences.recorded_on).dt.date
    offences["reported_on"] = pd.to_datetime(offences.reported_on)
    offences.to_parquet(folder / "offences.parquet")
    victims = pd.read_parquet(folder / "victims.parquet")
    victims["age_at_report"] = [34.0, None]
    victims["repeat_victim"] = victims.repeat_victim == "Y"
    victims["cris_repeat_victim"] = [True, None]
    victims.to_parquet(folder / "victims.parquet")
    found, _ = load(tmp_path)
    same(
        {"offences": found["offences"]},
        {"offences": plainly_loaded["offences"]},
        header=0,
    )
    assert list(found["victims"].age_at_report[:1]) == ["34"]
    assert found["victims"].age_at_report.isna()[1]
    assert list(found["victims"].repeat_victim) == ["N", "N"]
    assert list(found["victims"].cris_repeat_victim[:1]) == ["Y"]
    assert found["victims"].cris_repeat_victim.isna()[1]


def test_files_and_folders_of_other_tools_are_passed_over(
    tmp_path: Path, plainly_loaded: dict[str, pd.DataFrame]
) -> None:
    folder = deliver(tmp_path, sound("A/21", "B/21"))
    (tmp_path / ".DS_Store").touch()
    (tmp_path / ".snapshot").mkdir()
    (tmp_path / "README.txt").touch()
    (folder / "notes.docx").touch()
    same(load(tmp_path)[0], plainly_loaded)


# Rows the contract rejects, and what becomes of their crime reports -------------------

EARLIER = {
    "offences": [
        offence("again", outcome_code="18", borough="Barnet"),
        offence("again", offence_no="2", offence_role="Subsidiary"),
        offence("kept"),
        offence("gone bad"),
    ],
    "victims": [
        victim("again"),
        victim("again", victim_no="2"),
        victim("kept"),
        victim("gone bad"),
    ],
    "suspects": [suspect("again"), suspect("kept"), suspect("gone bad")],
    "flags": [{"crime_ref": "again", "flag": "Domestic Incident"}],
    "knife_crime_features": [{"crime_ref": "again", "feature": "Knife used to injure"}],
}
LATER = {
    "offences": [
        offence("again", outcome_code="16"),
        offence("gone bad", outcome_code="99"),
        offence("impossible day", committed_on="31/02/2021"),
        offence("impossible iso day", reported_on="2021-02-31"),
        offence("no main", offence_role="Subsidiary"),
        offence("two mains"),
        offence("two mains", offence_no="2"),
        offence("not recorded", recorded_on=""),
        offence("same number", offence_no="1"),
        offence("same number", offence_no="01"),
        offence("zeroth", offence_no="0"),
        offence("", offence="no reference"),
        offence("codes", outcome_code=" 2a "),
        offence("wrapped", venue_type="Dwelling -\n house", outcome_code="1"),
        offence("old", outcome_code="14"),
        offence("short row", outcome_code="14"),
        offence("bad age"),
        offence("bad yes"),
        offence("bad suspect"),
    ],
    "victims": [
        victim("again"),
        victim("gone bad"),
        victim("codes"),
        victim("wrapped"),
        victim("old", age_at_report="130"),
        victim("bad age", age_at_report="abc"),
        victim("bad yes", repeat_victim="maybe"),
        victim("bad suspect"),
        victim("nobody's"),
        victim("same person", victim_no="3"),
    ],
    "suspects": [suspect("bad suspect", arrested="yes"), suspect("codes")],
    "flags": [
        {"crime_ref": "codes", "flag": "  knife   CRIME "},
        {"crime_ref": "codes", "flag": "Knife Crime"},
        {"crime_ref": "nobody's", "flag": "Knife Crime"},
        {"crime_ref": "again", "flag": "Racial Incident"},
    ],
    "knife_crime_features": [],
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> RunSettings:
    """Two deliveries with every kind of bad row, loaded and built."""
    folder = tmp_path_factory.mktemp("odd")
    extracts = folder / "extracts"
    deliver(extracts, EARLIER)
    victims = text("victims", LATER["victims"]) + "short row,1,Female\n\n"
    lone = text("offences", LATER["offences"]) + "lone short row,1,Main\n"
    deliver(
        extracts,
        LATER,
        date="2021-06-01",
        files={"victims": victims, "offences": lone},
    )
    settings = RunSettings("cris", extracts, folder / "cris.duckdb")
    load_source(settings)
    build_models(settings, "seed", "model")
    return settings


@pytest.mark.parametrize(
    ("extract", "line_no", "reason"),
    [
        ("offences", 3, "outcome_code is not in the list"),
        ("offences", 4, "committed_on is not a date"),
        ("offences", 5, "reported_on is not a date"),
        ("offences", 6, "no Main offence"),
        ("offences", 7, "several Main offences"),
        ("offences", 8, "several Main offences"),
        ("offences", 9, "recorded_on is missing"),
        ("offences", 10, "key is repeated"),
        ("offences", 11, "key is repeated"),
        ("offences", 12, "offence_no is not a whole number of 1 or more"),
        ("offences", 13, "crime_ref is missing"),
        ("offences", 22, "3 columns where the header has 15"),
        ("victims", 7, "age_at_report is not a whole number"),
        ("victims", 8, "repeat_victim is not Y, N or empty"),
        ("victims", 10, "crime report is not in the offences of this delivery"),
        ("victims", 11, "crime report is not in the offences of this delivery"),
        ("victims", 12, "3 columns where the header has 14"),
        ("suspects", 2, "arrested is not Y, N or empty"),
        ("flags", 4, "crime report is not in the offences of this delivery"),
    ],
)
def test_a_bad_row_is_rejected_with_its_line_and_reason(
    odd: RunSettings, extract: str, line_no: int, reason: str
) -> None:
    found = rows(
        odd.build,
        "select delivery, reason from quality.rejected_rows "
        "where extract = ? and line_no = ?",
        extract,
        line_no,
    )
    assert len(found) == 1
    assert found[0][0] == "2021-06-01"
    assert reason in found[0][1]


def test_no_other_row_is_rejected(odd: RunSettings) -> None:
    ((count,),) = rows(odd.build, "select count(*) from quality.rejected_rows")
    assert count == 19


def step_of(odd: RunSettings, crime_ref: str) -> str | None:
    """The step of the flow that removes a report, None where it is combined."""
    found = rows(
        odd.intake,
        "select step from intermediate.int_crime_reports as reports "
        "left join seeds.flow_steps as steps "
        "on reports.removal_step_no = steps.step_no where crime_ref = ?",
        crime_ref,
    )
    assert len(found) == 1, f"{crime_ref} is not among the delivered reports"
    step: str | None = found[0][0]
    return step


@pytest.mark.parametrize(
    "crime_ref",
    [
        "gone bad",
        "impossible day",
        "impossible iso day",
        "no main",
        "two mains",
        "not recorded",
        "same number",
        "zeroth",
        "short row",
        "bad age",
        "bad yes",
        "bad suspect",
    ],
)
def test_a_report_with_a_rejected_offence_victim_or_suspect_leaves_as_rejected(
    odd: RunSettings, crime_ref: str
) -> None:
    assert step_of(odd, crime_ref) == "rejected"


def test_a_report_whose_only_offence_row_is_ragged_leaves_as_rejected(
    odd: RunSettings,
) -> None:
    assert step_of(odd, "lone short row") == "rejected"


@pytest.mark.parametrize("crime_ref", ["again", "kept", "codes", "wrapped", "old"])
def test_a_report_without_a_bad_row_is_combined(
    odd: RunSettings, crime_ref: str
) -> None:
    assert step_of(odd, crime_ref) is None


def test_an_orphan_victim_makes_no_crime_report(odd: RunSettings) -> None:
    delivered = frame(
        odd.intake, "select crime_ref from intermediate.int_crime_reports"
    )
    assert not {"nobody's", "same person"} & set(delivered.crime_ref)


def test_outcome_codes_are_normalised_and_kept_as_delivered(odd: RunSettings) -> None:
    codes = dict(
        rows(odd.build, "select crime_ref, outcome_code from marts.cases order by all")
    )
    assert codes == {
        "again": "16",
        "codes": "2A",
        "kept": "16",
        "old": "14",
        "wrapped": "01",
    }


def test_an_age_outside_0_to_120_is_unknown_and_not_an_error(odd: RunSettings) -> None:
    assert rows(
        odd.build,
        "select victim_age, victim_age_group from marts.cases where crime_ref = 'old'",
    ) == [(None, "Unknown")]


def test_stray_spaces_and_line_breaks_do_not_hide_a_category(odd: RunSettings) -> None:
    assert rows(
        odd.build, "select venue_type from marts.cases where crime_ref = 'wrapped'"
    ) == [("Private or residential",)]


def test_a_repeated_flag_is_one_flag_whatever_its_case_and_spaces(
    odd: RunSettings,
) -> None:
    assert rows(
        odd.build,
        "select is_knife_crime_flagged from marts.cases where crime_ref = 'codes'",
    ) == [(True,)]


def test_a_later_delivery_replaces_a_report_in_all_five_extracts(
    odd: RunSettings,
) -> None:
    assert rows(
        odd.build,
        "select delivery, borough, outcome_code, is_suspect_recorded, "
        "is_domestic_incident_flagged, is_racial_incident_flagged, "
        "is_knife_crime_flagged from marts.cases where crime_ref = 'again'",
    ) == [("2021-06-01", "Camden", "16", False, False, True, False)]
    replaced = rows(
        odd.build,
        "select extract, cast(delivered_rows as bigint) "
        "from quality.row_dispositions "
        "where disposition = 'replaced by a later delivery' order by extract",
    )
    assert replaced == [
        ("flags", 1),
        ("knife_crime_features", 1),
        ("offences", 3),
        ("suspects", 2),
        ("victims", 3),
    ]


def test_a_report_that_a_later_delivery_does_not_name_stays(odd: RunSettings) -> None:
    assert rows(
        odd.build, "select delivery from marts.cases where crime_ref = 'kept'"
    ) == [("2021-05-01",)]


def test_every_row_of_both_deliveries_is_placed_once(odd: RunSettings) -> None:
    ((placed,),) = rows(
        odd.build,
        "select cast(sum(delivered_rows) as bigint) from quality.row_dispositions",
    )
    delivered = sum(len(t) for tables in (EARLIER, LATER) for t in tables.values())
    assert placed == delivered + 2  # and the two short rows


# At the command line ------------------------------------------------------------------


@pytest.fixture
def unharmed(standing: RunSettings) -> Iterator[RunSettings]:
    """`standing`, whose bytes are compared once the test is over."""
    before = standing.warehouse.read_bytes()
    yield standing
    assert standing.warehouse.read_bytes() == before
    assert not standing.data_docs.exists()


def run_on(settings: RunSettings, *args: object, **others: Any) -> Completed:
    return run_linkage(
        "run",
        "--extracts",
        settings.extracts,
        "--warehouse",
        settings.warehouse,
        *args,
        **others,
    )


def refused(status: int, stdout: str, stderr: str, *words: str) -> None:
    """Status 2 and one line on standard error that holds every word."""
    assert status == 2, stderr
    assert len(stderr.splitlines()) == 1, stderr
    assert stderr.startswith("linkage: ")
    assert "Traceback" not in stdout + stderr
    assert "details are in" not in stderr
    for word in words:
        assert word in stderr


def assert_refused(done: Completed, *words: str) -> None:
    refused(done.returncode, done.stdout, done.stderr, *words)


def test_a_missing_folder_ends_a_run_with_one_line(
    unharmed: RunSettings, tmp_path: Path
) -> None:
    done = run_on(unharmed, "--extracts", tmp_path / "nowhere")
    assert_refused(done, f"{tmp_path}/nowhere", "no such folder", "--extracts")


def test_a_folder_that_is_no_delivery_ends_a_run_with_one_line(
    unharmed: RunSettings, tmp_path: Path
) -> None:
    deliver(tmp_path)
    (tmp_path / "old").mkdir()
    done = run_on(unharmed, "--extracts", tmp_path)
    assert_refused(done, f"{tmp_path}/old", "not a delivery name", "YYYY-MM-DD")


def test_a_missing_column_ends_a_run_with_one_line(
    unharmed: RunSettings, tmp_path: Path
) -> None:
    deliver(tmp_path, files={"victims": "crime_ref,victim_no\nA/21,1\n"})
    done = run_on(unharmed, "--extracts", tmp_path)
    assert_refused(done, "delivery 2021-05-01: victims.csv: column sex is missing")


def test_unbalanced_quotes_end_a_load_with_one_line(
    unharmed: RunSettings, tmp_path: Path
) -> None:
    deliver(tmp_path, files={"flags": 'crime_ref,flag\nA/21,"Knife Crime\n'})
    done = run_linkage(
        "load", "--extracts", tmp_path, "--warehouse", unharmed.warehouse
    )
    assert_refused(done, "delivery 2021-05-01: flags.csv", "unbalanced", "line 2")


def test_a_missing_nibrs_folder_ends_a_load_with_one_line(
    unharmed: RunSettings, tmp_path: Path
) -> None:
    done = run_linkage(
        "load",
        "--source",
        "nibrs",
        "--extracts",
        tmp_path / "nowhere",
        "--warehouse",
        unharmed.warehouse,
    )
    assert_refused(done, f"{tmp_path}/nowhere", "no such folder")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--from", "2021-02-31"), ("--from", "2021-02-31")),
        (("--to", "last year"), ("--to", "last year")),
        (("--from", "2022-01-01", "--to", "2021-01-01"), ("--from is after --to",)),
        (("--source", "pnc"), ("--source", "pnc", "cris")),
        (("--colour",), ("--colour",)),
        (("surplus",), ("surplus",)),
    ],
)
def test_a_bad_argument_is_one_line(
    unharmed: RunSettings, args: tuple[str, ...], words: tuple[str, ...]
) -> None:
    assert_refused(run_on(unharmed, *args), *words)


def test_an_unknown_command_is_one_line() -> None:
    assert_refused(run_linkage("prophesy"), "prophesy")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--cases", "0"), ("--cases", "0")),
        (("--dirt", "2"), ("--dirt", "2")),
        (("--format", "xlsx"), ("--format", "xlsx")),
    ],
)
def test_a_simulation_that_cannot_be_is_one_line(
    tmp_path: Path, args: tuple[str, ...], words: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    assert_refused(run_linkage("simulate", "--out", out, *args), *words)
    assert not out.exists()


def test_a_simulation_does_not_write_into_a_folder_in_use(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    done = run_linkage("simulate", "--out", tmp_path, "--cases", "10")
    assert_refused(done, f"{tmp_path}", "already holds something")
    assert [x.name for x in tmp_path.iterdir()] == ["precious"]


@pytest.mark.parametrize("value", ["many", "0", "-2"])
def test_a_bad_number_of_threads_is_one_line(unharmed: RunSettings, value: str) -> None:
    done = run_on(unharmed, env={"LINKAGE_THREADS": value})
    assert_refused(done, "LINKAGE_THREADS", value)


def test_a_bad_memory_limit_is_one_line(unharmed: RunSettings) -> None:
    done = run_linkage(
        "load",
        "--extracts",
        unharmed.extracts,
        "--warehouse",
        unharmed.warehouse,
        env={"LINKAGE_MEMORY_LIMIT": "plenty"},
    )
    assert_refused(done, "LINKAGE_MEMORY_LIMIT", "plenty")


@pytest.mark.parametrize("name", ["run", "drivers"])
def test_a_warehouse_that_is_a_folder_is_one_line(
    unharmed: RunSettings, tmp_path: Path, name: str
) -> None:
    extracts = ["--extracts", unharmed.extracts] if name == "run" else []
    done = run_linkage(name, *extracts, "--warehouse", tmp_path)
    assert_refused(done, f"{tmp_path}: is a folder", "--warehouse")


@pytest.mark.parametrize("name", ["run", "drivers"])
def test_a_warehouse_that_is_no_duckdb_file_is_one_line(
    unharmed: RunSettings, tmp_path: Path, name: str
) -> None:
    letter = tmp_path / "letter.doc"
    letter.write_text("Dear Sir or Madam\n" * 1_000)
    extracts = ["--extracts", unharmed.extracts] if name == "run" else []
    done = run_linkage(name, *extracts, "--warehouse", letter)
    assert_refused(done, f"{letter}", "not a DuckDB file")
    assert letter.read_text() == "Dear Sir or Madam\n" * 1_000


def test_a_warehouse_in_a_place_that_cannot_be_written_is_one_line(
    unharmed: RunSettings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    warehouse = tmp_path / "file" / "cris.duckdb"
    done = run_on(unharmed, "--warehouse", warehouse)
    assert_refused(done, f"{warehouse}.build", "cannot be written", "--warehouse")


def test_drivers_without_a_warehouse_is_one_line(tmp_path: Path) -> None:
    done = run_linkage("drivers", "--warehouse", tmp_path / "none.duckdb")
    assert_refused(done, f"{tmp_path}/none.duckdb", "linkage run")


# When the machine or another program is in the way ------------------------------------

WRITER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
"""
OTHER_RUN = """
import sys
from pathlib import Path
from linkage.base.settings import RunSettings
from linkage.publication.publish import one_run_at_a_time
by_hand = sys.argv[2] == "load"
settings = RunSettings("cris", Path("."), Path(sys.argv[1]), by_hand=by_hand)
with one_run_at_a_time(settings):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("name", ["run", "drivers"])
def test_a_warehouse_that_another_program_writes_to_is_busy(
    unharmed: RunSettings, name: str
) -> None:
    extracts = ["--extracts", unharmed.extracts] if name == "run" else []
    with start_python(WRITER, unharmed.warehouse) as writer:
        done = run_linkage(name, *extracts, "--warehouse", unharmed.warehouse)
        writer.communicate("", timeout=20)
    assert_refused(done, f"{unharmed.warehouse}", "another program", "writing")


@pytest.mark.parametrize("name", ["run", "load", "drivers"])
def test_two_runs_at_once_on_one_warehouse_are_refused(
    unharmed: RunSettings, name: str
) -> None:
    extracts = [] if name == "drivers" else ["--extracts", unharmed.extracts]
    with start_python(OTHER_RUN, unharmed.warehouse, name) as other:
        done = run_linkage(name, *extracts, "--warehouse", unharmed.warehouse)
        other.communicate("", timeout=20)
    assert_refused(done, f"{unharmed.warehouse}", "another run")


def limit_file_size() -> None:
    """As on a full disk: no file grows beyond 4 MB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))


def test_a_full_disk_while_building_is_one_line_and_the_warehouse_stands(
    unharmed: RunSettings,
) -> None:
    done = run_on(unharmed, preexec=limit_file_size)
    assert "done Load extracts" in done.stdout
    assert_refused(done, f"{unharmed.build_folder}", "the disk is full")


def test_a_full_disk_while_publishing_drivers_is_one_line_and_the_warehouse_stands(
    unharmed: RunSettings,
) -> None:
    assert unharmed.warehouse.stat().st_size > 4_000_000
    done = run_linkage(
        *("drivers", "--model", "00", "--warehouse", unharmed.warehouse),
        preexec=limit_file_size,
    )
    assert_refused(done, f"{unharmed.build_folder}", "the disk is full")


def test_ctrl_c_while_building_is_one_line_and_the_warehouse_stands(
    unharmed: RunSettings,
) -> None:
    started = start_linkage(
        "run", "--extracts", unharmed.extracts, "--warehouse", unharmed.warehouse
    )
    assert started.stdout is not None
    stated = ""
    while "done Load extracts" not in stated:
        line = started.stdout.readline()
        assert line, "the run ended before it could be stopped"
        stated += line
    started.send_signal(signal.SIGINT)
    stdout, stderr = started.communicate(timeout=60)
    assert "done Build and test the models" not in stdout
    refused(started.returncode, stated + stdout, stderr, "stopped")


# When what a build may take is not enough ---------------------------------------------


def test_a_memory_limit_too_small_is_one_line_and_the_warehouse_stands(
    unharmed: RunSettings,
) -> None:
    done = run_on(unharmed, env={"LINKAGE_MEMORY_LIMIT": "20MiB"})
    assert_refused(done, "20MiB of memory", "LINKAGE_MEMORY_LIMIT", "is unchanged")


def test_a_bad_limit_of_temporary_disk_is_one_line(unharmed: RunSettings) -> None:
    done = run_on(unharmed, env={"LINKAGE_TEMP_LIMIT": "lots"})
    assert_refused(done, "LINKAGE_TEMP_LIMIT", "lots")


def test_temporary_disk_running_out_is_told_from_memory_and_from_a_full_disk(
    tmp_path: Path,
) -> None:
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": "100MiB",
        "threads": "1",
        "temp_directory": str(tmp_path),
    }
    with duckdb.connect(config=limits) as connection:
        connection.execute("set max_temp_directory_size = '1MiB'").fetchall()
        with pytest.raises(duckdb.Error) as raised:
            connection.execute(
                "create table t as select md5(cast(i as varchar)) as x "
                "from range(5000000) as numbers (i)"
            )
    assert is_temp_full(raised.value)
    assert not is_memory_full(raised.value)
    assert not is_disk_full(raised.value)


# Seeds --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seed", "row", "named"),
    [
        (
            "crime_area_rules",
            "Arson,includes,minor_crime,equals,Arson,ours",
            "crime_area “Arson”, criterion “includes”",
        ),
        (
            "crime_area_rules",
            "Stalking,include,offence,equals,Stalking,ours",
            "crime_area “Stalking”, criterion “include”",
        ),
        ("flags", "Rape flag,Rape,Adult rape offences,,ours", "flag “Rape”"),
        ("flags", "Spiking,Spiking,,,ours", "flag “Spiking”"),
    ],
)
def test_a_row_that_no_model_reads_ends_a_run_before_anything_is_built(
    seed: str, row: str, named: str, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    shutil.copytree(
        PROJECT,
        project,
        ignore=shutil.ignore_patterns(".*", "data", "warehouse", "node_modules"),
    )
    deliver(tmp_path / "extracts")
    path = project / "seeds" / f"{seed}.csv"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.rstrip("\n") + f"\n{row}\n", encoding="utf-8")
    warehouse = tmp_path / "warehouse" / "w.duckdb"
    done = subprocess.run(
        command("run", "--extracts", tmp_path / "extracts", "--warehouse", warehouse),
        cwd=project,
        env=environment({"PYTHONPATH": str(project)}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    place = f"seeds/{seed}.csv line {len(before.splitlines()) + 1}"
    assert f"{place}: no model reads {named}" in line
    assert "docs/contributing.md" in line
    assert not warehouse.exists()
