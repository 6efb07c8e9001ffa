"""`linkage export`: what leaves is safe, says what it is, alike in every format."""

from __future__ import annotations

import json
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.disclosure.command import export_published
from linkage.disclosure.export import CONFIDENTIAL, export_table
from linkage.disclosure.ledger import earlier_exports
from linkage.disclosure.settings import read_disclosure_settings
from tests.running import PublishedRun, frame, rows, run_linkage

RULES = read_disclosure_settings()
TABLES = list(RULES.tables)
# Groups of tables that the violent-crime study's warehouse has.
STUDY_GROUPS = ("violent_crimes", "penalised_estimates")
SUFFIXES = (".csv", ".parquet", ".xlsx", ".json")


@pytest.fixture(scope="module")
def warehouse(
    drivers_published: PublishedRun, tmp_path_factory: pytest.TempPathFactory
) -> RunSettings:
    """A copy that may have a ledger beside it."""
    path = tmp_path_factory.mktemp("export") / "w.duckdb"
    shutil.copyfile(drivers_published.path, path)
    return RunSettings("cris", drivers_published.settings.extracts, path)


@pytest.fixture(scope="module")
def study_warehouse(
    violent_crime_published: PublishedRun, tmp_path_factory: pytest.TempPathFactory
) -> RunSettings:
    """The same of the violent-crime study."""
    path = tmp_path_factory.mktemp("export_study") / "w.duckdb"
    shutil.copyfile(violent_crime_published.path, path)
    extracts = violent_crime_published.settings.extracts
    return RunSettings("violent_crime", extracts, path)


@pytest.fixture(scope="module")
def exported(
    warehouse: RunSettings, study_warehouse: RunSettings
) -> dict[tuple[str, str], Path]:
    """Every table in every format."""
    folder = warehouse.warehouse.parent
    paths = {
        (table, suffix): folder / f"{table}{suffix}"
        for table in TABLES
        for suffix in SUFFIXES
    }
    for table in TABLES:
        is_of_study = RULES.tables[table].group in STUDY_GROUPS
        outs = [paths[table, suffix] for suffix in SUFFIXES]
        export_published(study_warehouse if is_of_study else warehouse, table, outs)
    return paths


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype={"model": str}, keep_default_na=True)
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".xlsx":
        return pd.read_excel(path, sheet_name="Table", dtype={"model": str})
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


# What leaves --------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_every_published_count_is_rounded_and_none_is_small(
    table: str, exported: dict[tuple[str, str], Path]
) -> None:
    spec = RULES.tables[table]
    found = read(exported[table, ".parquet"])
    for column in spec.counts:
        if spec.counts_left_out:
            assert column not in found
            continue
        counts = found[column].dropna()
        assert (counts % 5 == 0).all()
        assert ((counts == 0) | (counts >= 10)).all()
        missing = found[column].isna()
        assert (found.suppressed[missing] == CONFIDENTIAL).all()


@pytest.mark.parametrize("table", TABLES)
def test_the_formats_agree(table: str, exported: dict[tuple[str, str], Path]) -> None:
    first = read(exported[table, ".parquet"])
    for suffix in SUFFIXES:
        other = read(exported[table, suffix])
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
                assert one.dropna().astype(str).tolist() == (
                    two.dropna().astype(str).tolist()
                ), column


def test_every_file_says_that_it_is_simulated_and_how_it_was_protected(
    exported: dict[tuple[str, str], Path],
) -> None:
    for path in exported.values():
        found = read(path)
        assert found.input.str.startswith("SIMULATED").all()
        assert (found.publication == 1).all()
        assert found.disclosure_control.str.contains("under 10").all()


def test_a_rate_is_the_ratio_of_the_counts_beside_it(
    exported: dict[tuple[str, str], Path],
) -> None:
    found = read(exported["marts.withdrawal_rates", ".parquet"])
    shown = found[found.withdrawal_rate.notna()]
    assert len(shown) > 20
    expected = (shown.withdrawals / shown.cases).astype(float).round(3)
    assert np.allclose(shown.withdrawal_rate.astype(float), expected)
    hidden = found[found.withdrawals.isna() | found.cases.isna()]
    assert hidden.withdrawal_rate.isna().all()
    assert hidden.ci_low.isna().all()
    assert hidden.ci_high.isna().all()


def test_totals_less_published_parts_never_give_a_small_count(
    warehouse: RunSettings, exported: dict[tuple[str, str], Path]
) -> None:
    """Even where the exact counts of all that is published are known."""
    found = read(exported["marts.withdrawal_rates", ".parquet"])
    true = frame(warehouse.warehouse, "select * from marts.withdrawal_rates").merge(
        found, on=["crime_area", "dimension", "category"], suffixes=("_true", "")
    )
    whole = true[true.dimension == "all"].set_index("crime_area")
    exact = ("bcu", "borough", "month", "victim_sex", "victim_ethnicity", "victim_age")
    for (area, dimension), parts in true.groupby(["crime_area", "dimension"]):
        if dimension not in exact:
            continue
        for what in ("cases", "withdrawals"):
            if pd.isna(whole[what][area]):
                continue
            left = parts[parts[what].isna()][f"{what}_true"]
            assert len(left) != 1 or left.iloc[0] >= 10, (area, dimension, what)


def test_no_record_is_in_any_byte(
    warehouse: RunSettings,
    study_warehouse: RunSettings,
    exported: dict[tuple[str, str], Path],
) -> None:
    refs = {
        str(ref)
        for settings, mart in (
            (warehouse, "marts.cases"),
            (study_warehouse, "marts.violent_crimes"),
        )
        for (ref,) in rows(settings.warehouse, f"select crime_ref from {mart}")
    }
    words = re.compile(rb"[A-Za-z0-9_/-]{4,}")
    for path in exported.values():
        for part in parts_of(path):
            seen = {word.decode() for word in words.findall(part)}
            assert not seen & refs, path


def test_a_workbook_has_no_hidden_sheet_and_no_author(
    exported: dict[tuple[str, str], Path],
) -> None:
    for (_, suffix), path in exported.items():
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
    exported: dict[tuple[str, str], Path],
) -> None:
    import pyarrow.parquet as pq

    held = pq.read_schema(exported["marts.case_flow", ".parquet"]).metadata
    assert held[b"input"].startswith(b"SIMULATED")
    assert b"pandas" not in held


def test_small_categories_have_no_estimate(
    warehouse: RunSettings, exported: dict[tuple[str, str], Path]
) -> None:
    found = read(exported["drivers.odds_ratios", ".parquet"])
    true = frame(
        warehouse.warehouse,
        "select * from drivers.odds_ratios "
        "order by model, variable, category, reference_category",
    )
    small = (true.cases < 10) | (true.events < 10) | (true.cases - true.events < 10)
    assert small.any()
    small_there = small & true.cases.notna()
    assert found.coefficient[small_there.to_numpy()].isna().all()
    assert (found.suppressed[small_there.to_numpy()] == CONFIDENTIAL).all()


# The violent-crime study --------------------------------------------------------------


def test_no_total_of_violent_crimes_gives_back_what_is_suppressed(
    study_warehouse: RunSettings, exported: dict[tuple[str, str], Path]
) -> None:
    """Down an outcome group and across a category, one is never missing alone."""
    found = read(exported["marts.violent_crime_outcomes", ".parquet"])
    true = frame(
        study_warehouse.warehouse, "select * from marts.violent_crime_outcomes"
    ).merge(found, on=["dimension", "category", "outcome_group"], suffixes=("", "_out"))
    assert len(true) == len(found)
    assert found.crimes.isna().any()
    small = true.crimes < 10
    assert true.crimes_out[small].isna().all()
    whole = found[found.dimension == "all"].set_index("outcome_group").crimes
    for (_, _), category in true.groupby(["dimension", "category"]):
        if category.category_crimes_out.notna().all():
            assert _is_open(category)
    for (dimension, group), parts in true.groupby(["dimension", "outcome_group"]):
        if dimension != "all" and pd.notna(whole[group]):
            assert _is_open(parts)


def _is_open(parts: pd.DataFrame) -> bool:
    """Is what is missing of a sum nothing, or not small?"""
    left = parts.crimes[parts.crimes_out.isna()]
    return len(left) != 1 or bool(left.iloc[0] >= 10)


def test_shares_of_the_study_are_ratios_of_the_counts_beside_them(
    exported: dict[tuple[str, str], Path],
) -> None:
    outcomes = read(exported["marts.violent_crime_outcomes", ".parquet"])
    flow = read(exported["marts.violent_crime_flow", ".parquet"])
    many = outcomes.category_crimes.where(outcomes.category_crimes >= 100)
    for share, part, whole in (
        (outcomes.share, outcomes.crimes, many),
        (flow.share_lost, flow.crimes_removed, flow.crimes_removed + flow.crimes_left),
        (flow.share_left, flow.crimes_left, flow.crimes_left.iloc[0]),
    ):
        expected = (part / whole).astype(float)
        assert expected.notna().any()
        assert np.allclose(share.astype(float), expected.round(3), equal_nan=True)


def test_measures_at_a_threshold_are_those_of_the_rounded_counts(
    exported: dict[tuple[str, str], Path],
) -> None:
    found = read(exported["drivers.penalised_thresholds", ".parquet"])
    counts = found[list(RULES.tables["drivers.penalised_thresholds"].counts)]
    is_hidden = counts.isna().any(axis=1)
    assert is_hidden.any()
    for measure in ("accuracy", "kappa", "detection_rate", "threshold"):
        assert found[measure][is_hidden].isna().all()
    shown = found[~is_hidden]
    assert len(shown)
    right = shown.true_positives + shown.true_negatives
    accuracy = (right / counts[~is_hidden].sum(axis=1)).astype(float)
    assert np.allclose(shown.accuracy, accuracy.round(3))
    sensitivity = shown.true_positives / (shown.true_positives + shown.false_negatives)
    assert np.allclose(shown.sensitivity, sensitivity.astype(float).round(3))


def test_who_is_between_two_thresholds_is_never_a_few(
    study_warehouse: RunSettings, exported: dict[tuple[str, str], Path]
) -> None:
    found = read(exported["drivers.penalised_thresholds", ".parquet"])
    true = frame(
        study_warehouse.warehouse,
        "select * from drivers.penalised_thresholds order by model, chosen",
    )
    assert (true.chosen == found.chosen).all()
    for count in RULES.tables["drivers.penalised_thresholds"].counts:
        for model in ("V1", "V2"):
            shown = true[count][found[count].notna() & (found.model == model)]
            steps = np.diff(np.sort(shown))
            assert ((steps == 0) | (steps >= 10)).all(), (model, count)


def test_levels_of_few_crimes_and_what_mirrors_them_have_no_coefficient(
    study_warehouse: RunSettings, exported: dict[tuple[str, str], Path]
) -> None:
    found = read(exported["drivers.penalised_coefficients", ".parquet"])
    assert "coefficient_rank" not in found
    true = frame(
        study_warehouse.warehouse,
        "select term, coefficients.training_crimes as crimes, "
        "coefficients.training_events as events, models.training_crimes, "
        "models.training_events from drivers.penalised_coefficients as coefficients "
        "inner join drivers.penalised_models as models using (model) "
        "order by model, term",
    )
    assert (true.term == found.term).all()
    for crimes, events in (
        (true.crimes, true.events),
        (true.training_crimes - true.crimes, true.training_events - true.events),
    ):
        small = (crimes < 10) | (events < 10) | (crimes - events < 10)
        assert small.any()
        assert found.coefficient[small].isna().all()
        assert found.selected_share[small].isna().all()
        assert (found.suppressed[small] == CONFIDENTIAL).all()
    numbers = true.crimes.isna()
    assert numbers.any()
    assert found.coefficient[numbers].notna().all()


@pytest.mark.parametrize(
    ("table", "measure"),
    [("drivers.penalised_models", "auc"), ("drivers.penalised_leakage", "auc_lost")],
)
def test_models_of_few_crimes_have_no_measures(
    table: str, measure: str, study_warehouse: RunSettings, tmp_path: Path
) -> None:
    settings = RunSettings("violent_crime", tmp_path, tmp_path / "w.duckdb")
    shutil.copyfile(study_warehouse.warehouse, settings.warehouse)
    ((events,),) = rows(
        settings.warehouse,
        "select test_events from drivers.penalised_models where model = 'V1'",
    )
    out = tmp_path / "out.parquet"
    export_table(settings, table, out, rules=replace(RULES, threshold=events + 1))
    found = read(out)
    of_few = found[found.model == "V1"]
    assert len(of_few)
    assert of_few[measure].isna().all()
    assert (of_few.suppressed == CONFIDENTIAL).all()


@pytest.mark.parametrize("table", ["quality.gaps", "quality.scorecard"])
def test_quality_of_the_study_is_exported_as_of_the_first(
    table: str, study_warehouse: RunSettings, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    done = run_linkage(
        "export", table, "--study", "violent-crime", "--out", out,
        "--warehouse", study_warehouse.warehouse,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = read(out)
    assert len(found) == len(rows(study_warehouse.warehouse, f"select 1 from {table}"))
    counts = found.failing.dropna()
    assert ((counts == 0) | (counts >= 10)).all()


def test_single_crimes_of_the_study_are_refused_in_one_line(
    study_warehouse: RunSettings, tmp_path: Path
) -> None:
    done = run_linkage(
        "export", "marts.violent_crimes", "--study", "violent-crime",
        "--out", tmp_path / "out.csv", "--warehouse", study_warehouse.warehouse,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "holds single records and is never exported" in done.stderr


def test_an_area_that_disclosure_control_does_not_know_is_not_published_outside(
    warehouse: RunSettings, tmp_path: Path
) -> None:
    """As if it had been added to the models and not to the settings."""
    own = replace(warehouse, warehouse=tmp_path / "w.duckdb")
    shutil.copyfile(warehouse.warehouse, own.warehouse)
    with duckdb.connect(str(own.warehouse)) as connection:
        connection.execute(
            "insert into marts.withdrawal_rates select * replace "
            "('Knife crime' as crime_area) from marts.withdrawal_rates "
            "where crime_area = 'Robbery'"
        ).fetchall()
    out = tmp_path / "out.csv"
    for table in ("marts.withdrawal_rates", "marts.outcome_shares"):
        done = run_linkage("export", table, "--out", out, "--warehouse", own.warehouse)
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert "no sum names the crime_area “Knife crime”" in line
        assert not out.exists()
    done = run_linkage("report", "--warehouse", own.warehouse)
    assert done.returncode == 0, done.stderr
    pages = {path.name: path.read_text("utf-8") for path in own.site.glob("*.html")}
    assert "places.html" not in pages
    assert "no sum names the crime_area “Knife crime”" in pages["index.html"]


# The ledger and later publications ----------------------------------------------------


def test_the_ledger_is_for_its_owner_alone(
    warehouse: RunSettings, exported: dict[tuple[str, str], Path]
) -> None:
    folder = warehouse.exports
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    # A group's tables and formats, of one publication, are one export.
    assert len(files) == 4


def test_the_same_publication_gives_the_same_bytes(
    warehouse: RunSettings, exported: dict[tuple[str, str], Path], tmp_path: Path
) -> None:
    again = tmp_path / "again.csv"
    export_table(warehouse, "marts.withdrawal_rates", again)
    assert again.read_bytes() == exported["marts.withdrawal_rates", ".csv"].read_bytes()


def test_one_more_record_is_not_seen_between_two_publications(
    warehouse: RunSettings, drivers_published: PublishedRun, tmp_path: Path
) -> None:
    settings = RunSettings("cris", warehouse.extracts, tmp_path / "w.duckdb")
    shutil.copyfile(warehouse.warehouse, settings.warehouse)
    results = drivers_published.settings.target / "run_results.json"
    (scorecard,) = (
        one["compiled_code"].replace('"build".', "")
        for one in json.loads(results.read_text(encoding="utf-8"))["results"]
        if one["unique_id"].endswith(".scorecard")
    )
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    export_table(settings, "quality.gaps", before)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute(
            "update quality.gaps set failing = failing + 1 "
            "where failing > 0 and failing < population"
        )
        connection.execute("drop table quality.scorecard")
        connection.execute(f"create table quality.scorecard as {scorecard}")
        connection.execute(
            "insert into quality.publications select * replace (2 as publication) "
            "from quality.publications"
        )
    export_table(settings, "quality.gaps", after)
    first, second = pd.read_csv(before), pd.read_csv(after)
    assert (second.publication == 2).all()
    assert len(earlier_exports(settings, "quality")) == 2
    shown = first.failing.notna() & second.failing.notna()
    assert shown.any()
    assert (first.failing[shown] == second.failing[shown]).all()
    assert not (first.failing.isna() & second.failing.notna()).any()
    assert (second.failing.isna() & first.failing.notna()).any()


def test_what_cannot_be_remembered_is_not_exported(
    warehouse: RunSettings, tmp_path: Path
) -> None:
    settings = RunSettings("cris", warehouse.extracts, tmp_path / "w.duckdb")
    shutil.copyfile(warehouse.warehouse, settings.warehouse)
    settings.exports.write_text("in the way", encoding="utf-8")
    out = tmp_path / "out.csv"
    with pytest.raises(LinkageError, match="nothing was exported"):
        export_table(settings, "quality.gaps", out)
    assert not out.exists()


# What does not leave ------------------------------------------------------------------


@pytest.mark.parametrize("table", RULES.kept_inside)
def test_counts_that_no_sum_protects_are_refused_with_the_reason(
    table: str, warehouse: RunSettings, tmp_path: Path
) -> None:
    with pytest.raises(LinkageError, match="is never exported: ") as refused:
        export_table(warehouse, table, tmp_path / "out.csv")
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_no_area_is_without_a_row_where_others_have_withdrawals(
    exported: dict[tuple[str, str], Path],
) -> None:
    """An area without rows of withdrawals would say that it has none."""
    areas = set(read(exported["marts.withdrawal_rates", ".parquet"]).crime_area)
    for table, key in (
        ("marts.outcome_shares", "outcome_group"),
        ("marts.withdrawal_timing", "duration_band"),
    ):
        found = read(exported[table, ".parquet"])
        assert len(found) == len(areas) * found[key].nunique()
        assert set(found.crime_area) == areas


@pytest.mark.parametrize("measure", ["sample_size", "events"])
def test_no_two_models_differ_by_a_small_count(
    measure: str, exported: dict[tuple[str, str], Path]
) -> None:
    models = read(exported["drivers.models", ".parquet"])
    counts = np.unique(models[measure].dropna().astype(int))
    assert len(counts) > 3
    assert (np.diff(counts) >= 10).all()


@pytest.mark.parametrize("table", RULES.records)
def test_single_records_are_refused(
    table: str, warehouse: RunSettings, tmp_path: Path
) -> None:
    with pytest.raises(LinkageError, match="never exported") as refused:
        export_table(warehouse, table, tmp_path / "out.csv")
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("table", "name", "stated"),
    [
        ("marts.nothing", "out.csv", "no table for export"),
        ("quality.gaps", "out.txt", "ends in .csv"),
        ("quality.gaps", "out", "ends in .csv"),
        ("quality.gaps", "nowhere/out.csv", "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    table: str, name: str, stated: str, warehouse: RunSettings, tmp_path: Path
) -> None:
    with pytest.raises(LinkageError, match=stated) as refused:
        export_table(warehouse, table, tmp_path / name)
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


def test_a_collection_where_most_counts_are_small_can_be_exported(
    nibrs_published: PublishedRun, tmp_path: Path
) -> None:
    """Some of its areas have no withdrawal at all, and that is not to be seen."""
    settings = RunSettings("nibrs", tmp_path, tmp_path / "n.duckdb")
    shutil.copyfile(nibrs_published.path, settings.warehouse)
    none = rows(
        settings.warehouse,
        "select crime_area from marts.withdrawal_rates "
        "where dimension = 'all' and withdrawals = 0",
    )
    assert none
    out = tmp_path / "out.parquet"
    export_table(settings, "marts.withdrawal_timing", out)
    found = read(out).set_index("crime_area")
    for (area,) in none:
        # Noughts alone would give their sum: the bands that are left open hold it.
        assert found.loc[area].withdrawals.isna().any()
        assert (found.loc[area].withdrawals.dropna() == 0).all()
