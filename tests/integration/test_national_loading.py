"""National files are read in each layout they come in; damaged ones are one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from linkage.base.errors import UnreadableInputError
from linkage.extracts.national import load_deliveries, read_inputs
from linkage.extracts.sheets import header_key, without_footnotes
from tests.national_files import (
    PUBLISHED,
    TIDY,
    Table,
    outcome_row,
    write_csv,
    write_ods,
    write_xlsx,
)
from tests.running import run_linkage

DATE = "2025-01-30"
INPUT = "home_office_outcomes"
ROWS = [outcome_row(), outcome_row(outcome=0, tracked=3, untracked="NA")]
COVER: Table = [["Police recorded crime outcomes"], ["Data correct as of 30 January"]]
# What stands above and under a table, as the Home Office lays out a sheet.
ABOVE: Table = [
    ["Outcomes open data, year ending March 2022 [note 1]"],
    ["This worksheet contains one table"],
    [],
]
UNDER: Table = [[], ["Note 1: force figures are as sent"], ["Source: Home Office"]]
Write = Callable[[Path, Mapping[str, Table]], Path]


def load(extracts: Path) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Rows and malformed rows of the Home Office tables, and the loader's notes."""
    with duckdb.connect() as connection:
        loaded = load_deliveries(connection, extracts)
        rows, malformed = (
            connection.execute(
                f"select * from raw_national.{table} order by file_name, sheet, line_no"
            ).df()
            for table in (INPUT, "malformed_rows")
        )
    return rows, malformed, [note for one in loaded for note in one.notes]


def refusal(extracts: Path) -> str:
    with pytest.raises(UnreadableInputError) as refused:
        load(extracts)
    message = str(refused.value)
    assert "\n" not in message
    assert message.startswith(f"delivery {DATE}: ") or str(extracts) in message
    return message


def values_of(rows: pd.DataFrame) -> list[list[str]]:
    columns = list(read_inputs()[INPUT].columns)
    return [[str(value) for value in row] for row in rows[columns].to_numpy()]


EXPECTED = [[str(value) for value in row] for row in ROWS]


@pytest.mark.parametrize("name", [f"{INPUT}.csv", f"{INPUT}.csv.gz"])
@pytest.mark.parametrize("header", [TIDY, PUBLISHED])
def test_a_csv_is_read_with_either_spelling_of_its_columns(
    tmp_path: Path, name: str, header: list[str]
) -> None:
    write_csv(tmp_path / DATE / name, [header, *ROWS])
    rows, malformed, notes = load(tmp_path)
    assert values_of(rows) == EXPECTED
    assert list(rows.line_no) == [2, 3]
    assert malformed.empty
    assert notes == []


def test_a_csv_may_have_headings_above_its_table_and_notes_under_it(
    tmp_path: Path,
) -> None:
    write_csv(tmp_path / DATE / f"{INPUT}.csv", [*ABOVE, PUBLISHED, *ROWS, *UNDER])
    rows, malformed, notes = load(tmp_path)
    assert values_of(rows) == EXPECTED
    assert list(rows.line_no) == [5, 6]
    assert malformed.empty
    assert notes == ["passed over: 2 lines of notes"]


@pytest.mark.parametrize(
    ("write", "suffix"), [(write_xlsx, "xlsx"), (write_ods, "ods")]
)
def test_a_spreadsheet_with_several_sheets_is_read_as_the_csv_of_them(
    tmp_path: Path, write: Write, suffix: str
) -> None:
    second = [outcome_row(year="2022/23", force="Essex", tracked=-2)]
    write(
        tmp_path / DATE / INPUT / f"prc-outcomes-open-data-mar2022.{suffix}",
        {
            "Cover_sheet": COVER,
            "2021-22": [*ABOVE, PUBLISHED, *ROWS, *UNDER],
            "2022-23": [PUBLISHED, *second],
        },
    )
    rows, malformed, notes = load(tmp_path)
    assert values_of(rows) == [
        *EXPECTED,
        *([str(value) for value in row] for row in second),
    ]
    assert list(rows.sheet) == ["2021-22", "2021-22", "2022-23"]
    assert list(rows.line_no) == [5, 6, 2]
    assert malformed.empty
    assert notes == [
        "left out, no table of it: sheet Cover_sheet",
        "passed over of sheet 2021-22: 2 lines of notes",
    ]


def test_years_in_files_of_their_own_are_read_together(tmp_path: Path) -> None:
    folder = tmp_path / DATE / INPUT
    write_ods(
        folder / "mar2023.ods", {"Data": [PUBLISHED, outcome_row(year="2022/23")]}
    )
    write_xlsx(folder / "mar2022.xlsx", {"Data": [PUBLISHED, outcome_row()]})
    write_csv(folder / "mar2019.csv.gz", [TIDY, outcome_row(year="2018/19")])
    rows, _, _ = load(tmp_path)
    assert list(rows.financial_year) == ["2018/19", "2021/22", "2022/23"]


def test_columns_may_stand_in_any_order_and_others_are_left_out(tmp_path: Path) -> None:
    header = [*reversed(PUBLISHED), "Region"]
    table = [header, *([*reversed(row), "South"] for row in ROWS)]
    write_xlsx(tmp_path / DATE / f"{INPUT}.xlsx", {"Data": table})
    assert values_of(load(tmp_path)[0]) == EXPECTED


def test_a_column_that_not_every_edition_has_may_be_missing(tmp_path: Path) -> None:
    at = PUBLISHED.index("Offence Code Expired?")
    table = [[*row[:at], *row[at + 1 :]] for row in [PUBLISHED, *ROWS]]
    write_csv(tmp_path / DATE / f"{INPUT}.csv", table)
    rows, _, notes = load(tmp_path)
    assert rows.offence_code_expired.isna().all()
    assert notes == ["not there: offence_code_expired"]


def test_a_column_under_an_unknown_name_is_refused_with_the_nearest_header(
    tmp_path: Path,
) -> None:
    header = [name.replace("Force Name", "Constabulary") for name in PUBLISHED]
    write_xlsx(
        tmp_path / DATE / f"{INPUT}.xlsx",
        {"Cover": COVER, "Data": [*ABOVE, header, *ROWS]},
    )
    assert refusal(tmp_path) == (
        f"delivery {DATE}: {INPUT}.xlsx: holds no table of {INPUT}: sheet Data: the "
        "header on line 4 has no force_name; name a new spelling in "
        "linkage/extracts/national_inputs.yml"
    )


def test_a_file_without_a_table_is_refused(tmp_path: Path) -> None:
    write_ods(tmp_path / DATE / f"{INPUT}.ods", {"Cover": COVER})
    assert "no row of the first 50 is its header" in refusal(tmp_path)


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    write_xlsx(tmp_path / DATE / f"{INPUT}.xlsx", {"Data": [PUBLISHED]})
    assert "holds no rows" in refusal(tmp_path)


def test_two_spellings_of_one_column_are_refused(tmp_path: Path) -> None:
    header = ["Force" if name.startswith("Offence Code E") else name for name in TIDY]
    header[header.index("offence_code_expired")] = "Force"
    write_csv(tmp_path / DATE / f"{INPUT}.csv", [header, *ROWS])
    assert refusal(tmp_path).endswith("column force_name occurs twice on line 1")


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_spreadsheet_cut_short_is_refused(
    tmp_path: Path, suffix: str, kept: float
) -> None:
    write = write_xlsx if suffix == "xlsx" else write_ods
    path = write(tmp_path / DATE / f"{INPUT}.{suffix}", {"Data": [PUBLISHED, *ROWS]})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert "is not a spreadsheet that can be read" in refusal(tmp_path)


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_file_that_is_no_spreadsheet_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / DATE / f"{INPUT}.{suffix}"
    path.parent.mkdir()
    path.write_text("<html>Page not found</html>")
    assert "is not a spreadsheet that can be read" in refusal(tmp_path)


def test_a_packed_csv_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / DATE / f"{INPUT}.csv.gz", [TIDY, *ROWS * 500])
    path.write_bytes(path.read_bytes()[:-20])
    assert "the file is truncated" in refusal(tmp_path)


def test_a_csv_row_of_the_wrong_width_is_kept_with_its_line(tmp_path: Path) -> None:
    write_csv(tmp_path / DATE / f"{INPUT}.csv", [TIDY, ROWS[0][:-1], ROWS[1]])
    rows, malformed, _ = load(tmp_path)
    assert list(rows.line_no) == [3]
    assert malformed[["extract", "line_no", "reason"]].to_numpy().tolist() == [
        [INPUT, 2, "12 columns where the header has 13"]
    ]


def test_unbalanced_quotes_are_refused_with_their_line(tmp_path: Path) -> None:
    path = write_csv(tmp_path / DATE / f"{INPUT}.csv", [TIDY, *ROWS])
    path.write_text(path.read_text() + '2018/19,"1\n')
    assert "line 4" in refusal(tmp_path)


def test_a_file_that_is_no_input_is_refused(tmp_path: Path) -> None:
    write_csv(tmp_path / DATE / "outcomes.csv", [TIDY, *ROWS])
    assert "outcomes.csv is none of the national files" in refusal(tmp_path)


def test_a_format_that_is_not_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / DATE / INPUT / "outcomes.pdf"
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert "outcomes.pdf is not one of .csv" in refusal(tmp_path)


def test_a_delivery_without_a_national_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / DATE).mkdir()
    (tmp_path / DATE / "README.md").write_text("Nothing yet")
    assert "holds no national file" in refusal(tmp_path)


def test_a_run_on_a_damaged_file_is_one_line_and_status_2(tmp_path: Path) -> None:
    path = tmp_path / "files" / DATE / f"{INPUT}.ods"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK\x03\x04 damaged")
    done = run_linkage(
        *("run", "--study", "national", "--extracts", tmp_path / "files"),
        *("--warehouse", tmp_path / "national.duckdb"),
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"linkage: delivery {DATE}: {INPUT}.ods: is not a spreadsheet that can be read "
        "(damaged, truncated or locked with a password); deliver the file again\n"
    )
    assert not (tmp_path / "national.duckdb").exists()


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("Force Name", "force name"),
        ("force_name", "force name"),
        ("FORCE  NAME [note 4]", "force name"),
        ("Offence Code Expired?", "offence code expired"),
        ("Outcome type¹", "outcome type"),
        ("Outcome type2,3", "outcome type"),
        ("Offence sub-group (2)", "offence sub group"),
        ("2019", "2019"),
    ],
)
def test_a_heading_is_known_without_case_marks_and_footnotes(
    heading: str, key: str
) -> None:
    assert header_key(heading) == key


def test_a_year_at_the_end_of_a_name_is_no_footnote() -> None:
    assert without_footnotes("Fraud offences to 2012/13") == "Fraud offences to 2012/13"
    assert without_footnotes("Kent [note 1] [2]*") == "Kent"
