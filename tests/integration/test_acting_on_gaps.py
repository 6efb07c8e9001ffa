"""What a quality lead does with the audit: reports to mend, sheets, scorecard."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from linkage.base.settings import RunSettings
from linkage.publication.publish import publish
from tests.running import Completed, PublishedRun, frame, rows, run_linkage


@pytest.fixture
def warehouse(published: PublishedRun, tmp_path: Path) -> RunSettings:
    """A copy of the published warehouse that a test may replace."""
    settings = RunSettings("cris", published.settings.extracts, tmp_path / "w.duckdb")
    shutil.copyfile(published.path, settings.warehouse)
    return settings


def linkage(settings: RunSettings, *args: object) -> Completed:
    return run_linkage(*args, "--warehouse", settings.warehouse)


# Reports to mend ----------------------------------------------------------------------


def test_exceptions_of_a_bcu_and_a_gap_are_those_of_the_table(
    published: PublishedRun,
) -> None:
    ((bcu, gap, number),) = rows(
        published.path,
        "select bcu, gap, count(*) from quality.exceptions group by all "
        "order by 3 desc, 1, 2 limit 1",
    )
    done = linkage(published.settings, "exceptions", "--bcu", bcu.upper(), "--gap", gap)
    assert done.returncode == 0, done.stderr
    listed = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(listed) == number
    assert {(one["bcu"], one["gap"]) for one in listed} == {(bcu, gap)}
    ranks = [int(one["mend_rank"]) for one in listed]
    assert ranks == sorted(ranks)


def test_an_unknown_bcu_is_one_line_that_names_the_known(
    published: PublishedRun,
) -> None:
    done = linkage(published.settings, "exceptions", "--bcu", "Gotham")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "West Area" in done.stderr


def test_reports_of_the_greatest_harm_are_mended_first(published: PublishedRun) -> None:
    found = frame(
        published.path,
        "select exceptions.*, cases.is_adult_rape, cases.crime_type, "
        "cases.is_stalking, cases.is_domestic_abuse "
        "from quality.exceptions left join marts.cases using (crime_ref) "
        "order by mend_rank",
    )
    harm = found.harm.fillna(0).tolist()
    assert harm == sorted(harm, reverse=True)
    assert (found.harm[found.is_adult_rape.fillna(False).astype(bool)] == 100).all()
    assert found.mend_rank.min() == 1
    assert (found.groupby("mend_rank").crime_ref.nunique() == 1).all()


# Groups and scorecard -----------------------------------------------------------------


@pytest.mark.parametrize(
    "run_of", ["published", "nibrs_published"], ids=["cris", "nibrs"]
)
def test_a_gap_by_bcu_adds_up_to_the_gap(
    run_of: str, request: pytest.FixtureRequest
) -> None:
    run: PublishedRun = request.getfixturevalue(run_of)
    wrong = rows(
        run.path,
        "select gap, gaps.population, sum(by_bcu.population) "
        "from quality.gaps inner join quality.gaps_by_group as by_bcu "
        "using (gap, delivery) where by_bcu.dimension = 'bcu' "
        "group by all having sum(by_bcu.population) != gaps.population "
        "or sum(by_bcu.failing) != any_value(gaps.failing)",
    )
    assert wrong == []


def test_a_gap_by_crime_area_counts_the_cases_of_the_area(
    published: PublishedRun,
) -> None:
    counted = rows(
        published.path,
        "select count(*), count(*) filter (victim_ethnicity = 'Unknown') "
        "from marts.cases where is_stalking",
    )
    found = rows(
        published.path,
        "select sum(population), sum(failing) from quality.gaps_by_group "
        "where gap = 'victim_ethnicity_unknown' and dimension = 'crime_area' "
        "and category = 'Stalking'",
    )
    assert found == counted


def test_a_score_is_the_share_of_the_checks_passed(published: PublishedRun) -> None:
    found = frame(published.path, "select * from quality.scorecard")
    assert np.allclose(1 - found.failing / found.checks, found.score, atol=1e-12)
    assert set(found.dimension) == {
        "completeness",
        "validity",
        "consistency",
        "uniqueness",
        "timeliness",
    }
    assert set(found.extract) == {
        "offences",
        "victims",
        "suspects",
        "flags",
        "knife_crime_features",
    }
    victims = found[(found.extract == "victims") & (found.dimension == "completeness")]
    assert victims.worst_gap.item() == "victim_self_defined_ethnicity_missing"


def test_the_trends_page_stands_beside_the_data_docs(published: PublishedRun) -> None:
    docs = published.settings.data_docs
    page = (docs / "trends.html").read_text(encoding="utf-8")
    assert "trends.html" in (docs / "index.html").read_text(encoding="utf-8")
    for (gap,) in rows(published.path, "select distinct gap from quality.gaps"):
        assert gap in page
    assert "SIMULATED" in page
    assert "http" not in page


# The audit of closed records ----------------------------------------------------------


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_sheet_is_drawn_filled_and_scored_and_kept(
    warehouse: RunSettings, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"sheet{suffix}"
    drawn = linkage(
        warehouse, "audit-sample", "--outcome", "16", "--size", "60", "--out", path
    )
    assert drawn.returncode == 0, drawn.stderr
    sheet = read(path)
    assert len(sheet) == 60
    outcomes = rows(
        warehouse.warehouse,
        "select distinct outcome_code from marts.cases where crime_ref in "
        "(select crime_ref from quality.record_audit_sheets)",
    )
    assert outcomes == [("16",)]
    questions = list(sheet.columns[3:6])
    assert list(sheet.columns[6:]) == ["auditor", "date", "comment"]
    sheet[questions] = "Yes"
    sheet.loc[:14, questions[2]] = " no "
    sheet["auditor"] = "Qx auditor xQ"
    sheet.loc[3, "comment"] = "Qx comment xQ"
    write(sheet, path)
    scored = linkage(warehouse, "audit-score", path)
    assert scored.returncode == 0, scored.stderr
    assert "Qx" not in scored.stdout
    assert b"Qx " not in warehouse.warehouse.read_bytes()
    assert "requires improvement" not in scored.stdout
    assert "inadequate" in scored.stdout
    ((records, compliant, share),) = rows(
        warehouse.warehouse,
        "select records, compliant, share from quality.record_audit_results "
        "where bcu = 'All' and question = 'compliance'",
    )
    assert (records, compliant) == (60, 45)
    assert share == pytest.approx(0.75, abs=0.05)
    ((answers,),) = rows(
        warehouse.warehouse, "select count(*) from quality.record_audit_answers"
    )
    assert answers == 180


def test_a_second_score_stands_beside_the_first_with_how_far_they_agree(
    warehouse: RunSettings, tmp_path: Path
) -> None:
    path = tmp_path / "sheet.csv"
    linkage(warehouse, "audit-sample", "--size", "40", "--out", path)
    sheet = read(path)
    questions = list(sheet.columns[3:6])
    sheet[questions] = "yes"
    sheet.loc[:9, questions[0]] = "no"
    write(sheet, path)
    assert "alike" not in linkage(warehouse, "audit-score", path).stdout
    # Of ten noes the second auditor has eight, and two that the first has not; and
    # for one record the last question is not applicable.
    sheet.loc[:1, questions[0]] = "yes"
    sheet.loc[10:11, questions[0]] = "no"
    sheet.loc[39, questions[2]] = "Not applicable"
    write(sheet, path)
    second = linkage(warehouse, "audit-score", path)
    assert second.returncode == 0, second.stderr
    assert "score 2" in second.stdout
    assert "30 of 40" in second.stdout
    # Both say yes 28, no 8, and differ 4 times: (0.9 - 0.625) / (1 - 0.625).
    (line,) = [x for x in second.stdout.splitlines() if "36 of 40" in x]
    assert "90.0%" in line
    assert "0.73" in line
    assert "39 of 40" in second.stdout
    found = rows(
        warehouse.warehouse,
        "select score_no, question, records, compliant "
        "from quality.record_audit_results where bcu = 'All' order by all",
    )
    assert (1, "withdrawal_auditable", 40, 40) in found
    assert (2, "withdrawal_auditable", 39, 39) in found
    assert (2, "compliance", 40, 30) in found


def test_a_sheet_that_is_not_there_is_called_missing(
    warehouse: RunSettings, tmp_path: Path
) -> None:
    done = linkage(warehouse, "audit-score", tmp_path / "no such sheet.xlsx")
    assert done.returncode == 2
    assert "no such sheet.xlsx: is missing" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".xlsx":
        return pd.read_excel(path, dtype=str, keep_default_na=False)
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def write(sheet: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".xlsx":
        sheet.to_excel(path, index=False)
    else:
        sheet.to_csv(path, index=False)


def test_the_same_seed_draws_the_same_records(
    warehouse: RunSettings, tmp_path: Path
) -> None:
    drawn = []
    for number, seed in enumerate((7, 7, 8)):
        path = tmp_path / f"{number}.csv"
        done = linkage(
            warehouse, "audit-sample", "--size", "40", "--seed", seed, "--out", path
        )
        assert done.returncode == 0, done.stderr
        drawn.append(read(path).crime_ref.tolist())
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_sheet_with_an_answer_missing_is_one_line_and_changes_nothing(
    warehouse: RunSettings, tmp_path: Path
) -> None:
    path = tmp_path / "sheet.csv"
    linkage(warehouse, "audit-sample", "--size", "10", "--out", path)
    before = warehouse.warehouse.read_bytes()
    done = linkage(warehouse, "audit-score", path)
    assert done.returncode == 2
    assert "line 2" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    sheet = read(path)
    sheet[sheet.columns[3:6]] = "yes"
    sheet.loc[0, "crime_ref"] = "another/21"
    write(sheet, path)
    done = linkage(warehouse, "audit-score", path)
    assert done.returncode == 2
    assert "are not the 10 drawn" in done.stderr
    assert warehouse.warehouse.read_bytes() == before


def test_the_history_of_audits_outlives_the_next_publication(
    warehouse: RunSettings, tmp_path: Path
) -> None:
    linkage(warehouse, "audit-sample", "--size", "5", "--out", tmp_path / "a.csv")
    warehouse.build_folder.mkdir(exist_ok=True)
    shutil.copyfile(warehouse.warehouse, warehouse.build)
    with duckdb.connect(str(warehouse.build)) as connection:
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() "
            "where table_name like 'record_audit%'"
        ).fetchall():
            connection.execute(f"drop table quality.{table}").fetchall()
    publish(warehouse)
    ((kept,),) = rows(
        warehouse.warehouse, "select count(*) from quality.record_audit_sheets"
    )
    assert kept == 5
