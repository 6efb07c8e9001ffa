"""`linkage export`: what is released, in every format, says what it is."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.disclosure.export import export_table
from linkage.publication.publish import next_version
from linkage.publication.release import released_tables
from tests.running import PublishedRun, rows, run_linkage

SUFFIXES = (".csv", ".parquet", ".xlsx", ".json")
RECORDS = (
    "marts.cases",
    "marts.all_offences",
    "marts.all_victims",
    "marts.all_suspects",
    "marts.outcome_history",
    "marts.violent_crimes",
    "marts.victims_code_answers",
    "drivers.design",
    "quality.exceptions",
    "quality.rejected_rows",
    "quality.violent_crime_rejected_rows",
    "quality.record_audit_sheets",
    "quality.record_audit_answers",
)


# Lists, lookups, and what docs/disclosure.md gives the reason for.
STAYS_INSIDE = {
    *RECORDS,
    "drivers.comparisons",
    "drivers.comparisons_by_run",
    "drivers.design_columns",
    "drivers.driver_model_changes",
    "drivers.driver_models",
    "drivers.driver_predictors",
    "drivers.importance_by_run",
    "drivers.models_by_run",
    "drivers.odds_ratios_by_run",
    "drivers.penalised_roc",
    "drivers.penalised_tuning",
    "drivers.performance_by_run",
    "drivers.places",
    "drivers.runs",
    "drivers.violent_crime_levels",
    "drivers.violent_crime_models",
    "drivers.violent_crime_predictors",
    "marts.category_order",
    "quality.changes",
    "quality.deliveries",
    "quality.national_rejected_rows",
    "quality.publication_deliveries",
    "quality.publications",
    "quality.row_dispositions",
}


@pytest.fixture(scope="module")
def exported(
    published: PublishedRun,
    violent_crime_published: PublishedRun,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str, str, str], Path]:
    """Every table of two studies in every format."""
    folder, paths = tmp_path_factory.mktemp("export"), {}
    for run in (published, violent_crime_published):
        source = run.settings.source
        with duckdb.connect(str(run.path), read_only=True) as connection:
            tables = [
                table
                for table in released_tables(connection)
                if connection.execute(f"select 1 from release.{table}").fetchone()
            ]
        for table in tables:
            outs = {x: folder / f"{source}_{table}{x}" for x in SUFFIXES}
            export_table(run.settings, table, *outs.values())
            paths |= {(source, table, suffix): out for suffix, out in outs.items()}
    return paths


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        # NA is a level of the violent-crime study.
        return pd.read_csv(
            path, dtype={"model": str}, keep_default_na=False, na_values=[""]
        )
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".xlsx":
        return pd.read_excel(
            path,
            sheet_name="Table",
            dtype={"model": str},
            keep_default_na=False,
            na_values=[""],
        )
    return pd.DataFrame(json.loads(path.read_text(encoding="utf-8"))["rows"])


def parts_of(path: Path) -> Iterator[bytes]:
    """A file's bytes, and those of what is packed in it."""
    yield path.read_bytes()
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    if path.suffix == ".parquet":
        yield pd.read_parquet(path).to_csv().encode()


def test_the_formats_agree(exported: dict[tuple[str, str, str], Path]) -> None:
    assert len(exported) > 80
    for (source, table, _), path in exported.items():
        first, other = read(exported[source, table, ".parquet"]), read(path)
        assert list(other.columns) == list(first.columns)
        assert len(other) == len(first)
        for column in first:
            one, two = first[column], other[column]
            assert (one.isna().to_numpy() == two.isna().to_numpy()).all(), column
            if pd.api.types.is_numeric_dtype(one) and one.dtype != bool:
                assert np.allclose(
                    one.astype(float), two.astype(float), atol=1e-9, equal_nan=True
                ), column
            else:
                # JSON has a number where a truth may be missing.
                known = {"1.0": "True", "0.0": "False"}
                assert one.dropna().astype(str).tolist() == (
                    two.dropna().astype(str).replace(known).tolist()
                ), column


def test_every_file_says_that_it_is_simulated_and_how_it_is_protected(
    exported: dict[tuple[str, str, str], Path],
) -> None:
    for path in exported.values():
        found = read(path)
        assert found.input.str.startswith("SIMULATED").all()
        assert (found.publication == 1).all()
        assert found.disclosure_control.str.contains("below 10").all()


def test_no_record_and_no_key_is_in_any_byte(
    published: PublishedRun,
    violent_crime_published: PublishedRun,
    exported: dict[tuple[str, str, str], Path],
) -> None:
    refs = {
        str(ref)
        for path, mart in (
            (published.path, "marts.cases"),
            (violent_crime_published.path, "marts.violent_crimes"),
        )
        for (ref,) in rows(path, f"select crime_ref from {mart}")
    }
    words = re.compile(rb"[A-Za-z0-9_/-]{4,}")
    for path in exported.values():
        for part in parts_of(path):
            seen = {word.decode() for word in words.findall(part)}
            assert not seen & refs, path
            assert not any(word.endswith("_key") for word in seen), path


def test_a_workbook_has_no_hidden_sheet_and_no_author(
    exported: dict[tuple[str, str, str], Path],
) -> None:
    for (*_, suffix), path in exported.items():
        if suffix != ".xlsx":
            continue
        book = load_workbook(path)
        assert book.sheetnames == ["Notes", "Table"]
        assert all(sheet.sheet_state == "visible" for sheet in book)
        assert not book.defined_names
        notes = {row[0].value: str(row[1].value) for row in book["Notes"].iter_rows()}
        assert notes["input"].startswith("SIMULATED")
        with zipfile.ZipFile(path) as archive:
            core = archive.read("docProps/core.xml").decode()
            others = archive.read("docProps/app.xml").decode()
        for name in ("creator", "lastModifiedBy", "Company", "Manager", "description"):
            assert f"{name}>" not in core + others, name
        for sheet in book:
            assert all(cell.comment is None for row in sheet for cell in row)
            assert all(cell.data_type != "f" for row in sheet for cell in row)


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    from linkage.disclosure.files import write_file

    path = tmp_path / "t.xlsx"
    write_file(pd.DataFrame({"category": ["=1+1"]}), {"table": "t"}, path)
    cell = load_workbook(path)["Table"]["A2"]
    assert (cell.data_type, cell.value) == ("s", "=1+1")


def test_parquet_says_it_in_its_metadata_and_nothing_of_pandas(
    exported: dict[tuple[str, str, str], Path],
) -> None:
    import pyarrow.parquet as pq

    held = pq.read_schema(exported["cris", "case_flow", ".parquet"]).metadata
    assert held[b"input"].startswith(b"SIMULATED")
    assert b"pandas" not in held


@pytest.mark.parametrize("table", RECORDS)
def test_single_records_are_refused(
    table: str, published: PublishedRun, tmp_path: Path
) -> None:
    with pytest.raises(LinkageError, match="is not released") as refused:
        export_table(published.settings, table, tmp_path / "out.csv")
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_the_tables_that_stay_inside_are_these(
    published: PublishedRun,
    nibrs_published: PublishedRun,
    violent_crime_published: PublishedRun,
    national_published: PublishedRun,
) -> None:
    """A new mart is released by adding a model, and not otherwise."""
    published_tables, released = set(), set()
    for run in (
        published,
        nibrs_published,
        violent_crime_published,
        national_published,
    ):
        for schema, name in rows(
            run.path,
            "select table_schema, table_name from information_schema.tables",
        ):
            if schema == "release":
                released.add(name)
            elif schema in ("marts", "quality", "drivers"):
                published_tables.add((schema, name))
    inside = {
        f"{schema}.{name}" for schema, name in published_tables if name not in released
    }
    # Sheets of record audits are made by a command.
    assert inside == {
        name for name in STAYS_INSIDE if not name.startswith("quality.record_audit")
    }


@pytest.mark.parametrize(
    ("table", "name", "stated"),
    [
        ("marts.nothing", "out.csv", "is not released"),
        ("quality.gaps", "out.txt", "ends in .csv"),
        ("quality.gaps", "out", "ends in .csv"),
        ("quality.gaps", "nowhere/out.csv", "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    table: str, name: str, stated: str, published: PublishedRun, tmp_path: Path
) -> None:
    with pytest.raises(LinkageError, match=stated) as refused:
        export_table(published.settings, table, tmp_path / name)
    assert "\n" not in str(refused.value)


def test_a_warehouse_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    settings = RunSettings("cris", tmp_path, tmp_path / "none.duckdb")
    with pytest.raises(LinkageError, match="no published warehouse"):
        export_table(settings, "quality.gaps", tmp_path / "out.csv")


def test_real_records_are_not_called_simulated(
    nibrs_published: PublishedRun, tmp_path: Path
) -> None:
    settings = RunSettings("nibrs", tmp_path, tmp_path / "n.duckdb")
    shutil.copyfile(nibrs_published.path, settings.warehouse)
    out = tmp_path / "out.csv"
    assert export_table(settings, "quality.scorecard", out) > 0
    assert "SIMULATED" not in out.read_text(encoding="utf-8")


def test_an_area_without_withdrawals_has_rows_like_the_others(
    nibrs_published: PublishedRun,
) -> None:
    none = rows(
        nibrs_published.path,
        "select crime_area from marts.withdrawal_rates "
        "where dimension = 'all' and withdrawals = 0",
    )
    assert none
    for (area,) in none:
        found = rows(
            nibrs_published.path,
            "select withdrawals, fewer_than_10 from release.withdrawal_timing "
            f"where crime_area = '{area}'",
        )
        assert set(found) == {(None, "withdrawals")}


def test_a_release_that_a_change_has_removed_is_made_again(
    published: PublishedRun, tmp_path: Path
) -> None:
    """A model is fitted again: its estimates are released, other figures stay."""
    path, out = tmp_path / "w.duckdb", tmp_path / "out.csv"
    shutil.copyfile(published.path, path)
    settings = RunSettings("cris", tmp_path, path)
    settings.build_folder.mkdir()
    with next_version(settings, ["drivers.models"]) as connection:
        connection.execute("update drivers.models set run = 99").fetchall()
    schemas = "select distinct table_schema from information_schema.tables"
    assert ("release",) not in rows(path, schemas)
    done = run_linkage("export", "withdrawal_rates", "--out", out, "--warehouse", path)
    assert done.returncode == 0, done.stderr
    assert rows(path, "select distinct run from release.models") == [(99,)]
    rates = "select cases, withdrawals from release.withdrawal_rates order by all"
    assert rows(path, rates) == rows(published.path, rates)
