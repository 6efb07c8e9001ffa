"""A new area, dimension, model, lookup value, gap or rejection reason is a row."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from linkage.base.settings import PROJECT
from tests.running import PublishedRun, rows

LEFT_OUT = ("data", "tests", "warehouse", "target", "logs", "docs", "benchmarks")
# Appended to seeds of a copy of the project.
ROWS = {
    "crime_areas": "17,Harassment,,includes;excludes;flag,35,One of its offences.,test",
    "crime_area_rules": "Harassment,includes,offence,contains,harassment,test",
    "dimensions": (
        "23,victim_injury,victim_injury_degree,false,17,victims,Victim's injury,test"
    ),
    "driver_models": (
        "29,cris,crime_areas,Victim variables in public order offences,"
        "Public order offences,crime_type__public_order_offences,"
        "is_victim_withdrawal,victim,false,test"
    ),
    "venue_types": "Houseboat,Private or residential,test",
    "data_quality_gaps": (
        "victim_over_90,Victims over 90 years old,watch,0.1,Data quality,"
        "combined dataset,expect_column_values_to_be_between,victim_recorded_age,"
        "max_value: 90,is_suspect_recorded = true,validity,victims,age_at_report,true,"
        ",,cris"
    ),
    "rejection_reasons": "age_above_1000,{field} is above 1000,value_unreadable,test",
}
# The one condition.
CONDITION = """            not_a_whole_number('age_at_report'),
            (read_integer('age_at_report') ~ ' > 1000', 'age_above_1000 age_at_report'),
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the rows and the condition."""
    copy = tmp_path_factory.mktemp("project") / "copy"
    shutil.copytree(
        PROJECT, copy, ignore=shutil.ignore_patterns(".*", "__pycache__", *LEFT_OUT)
    )
    shutil.copytree(PROJECT / "data" / "published", copy / "data" / "published")
    # The report site takes its pages from them.
    shutil.copytree(PROJECT / "docs", copy / "docs")
    for seed, row in ROWS.items():
        with (copy / "seeds" / f"{seed}.csv").open("a", encoding="utf-8") as stream:
            stream.write(f"{row}\n")
    victims = copy / "models" / "staging" / "cris" / "stg_cris__victims.sql"
    text = victims.read_text(encoding="utf-8")
    first = CONDITION.splitlines(keepends=True)[0]
    assert first in text
    victims.write_text(text.replace(first, CONDITION), encoding="utf-8")
    return copy


@pytest.fixture(scope="module")
def extracts(published: PublishedRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The delivery of `published`: a venue in a new spelling, a victim aged 1510."""
    folder = tmp_path_factory.mktemp("extracts") / "extracts"
    shutil.copytree(published.settings.extracts, folder)
    (delivery,) = (path for path in folder.iterdir() if path.is_dir())
    offences = delivery / "offences.csv"
    text = offences.read_text(encoding="utf-8")
    assert '"Dwelling - flat"' in text
    offences.write_text(
        text.replace('"Dwelling - flat"', '"Houseboat"'), encoding="utf-8"
    )
    ((reference,),) = rows(
        published.path,
        "select min(crime_ref) from marts.all_victims where not is_combined",
    )
    victims = delivery / "victims.csv"
    with victims.open(encoding="utf-8", newline="") as stream:
        listed = list(csv.DictReader(stream))
    next(row for row in listed if row["crime_ref"] == reference)["age_at_report"] = (
        "1510"
    )
    with victims.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, listed[0], quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(listed)
    return folder


@pytest.fixture(scope="module")
def warehouse(
    project: Path, extracts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What the copy publishes, its new driver model fitted and its site written."""
    path = tmp_path_factory.mktemp("warehouse") / "cris.duckdb"
    for args in (
        ("run", "--extracts", extracts, "--warehouse", path, "--until", "publication"),
        ("drivers", "--warehouse", path, "--model", "29"),
        ("report", "--warehouse", path),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "linkage.cli", *map(str, args)],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(project)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return path


def on_site(warehouse: Path, page: str) -> str:
    (found,) = warehouse.parent.rglob(f"{page}.html")
    return found.read_text(encoding="utf-8")


def test_a_data_quality_gap_is_a_row(warehouse: Path) -> None:
    counted = rows(
        warehouse,
        "select count(victim_age), count(*) filter (victim_age > 90) "
        "from marts.cases where is_suspect_recorded",
    )
    found = rows(
        warehouse,
        "select sum(population), sum(failing) from quality.gaps "
        "where gap = 'victim_over_90'",
    )
    # An age outside 0-120 is recorded, and in no mart.
    assert found[0][0] >= counted[0][0] > 0
    assert found[0][1] >= counted[0][1] > 0
    trends = warehouse.parent / f"{warehouse.name}.data_docs" / "trends.html"
    assert "Victims over 90 years old" in trends.read_text(encoding="utf-8")


def test_a_crime_area_is_a_row_and_its_rules(warehouse: Path) -> None:
    counted = rows(
        warehouse,
        "select count(*), count(*) filter (where is_victim_withdrawal) "
        "from marts.cases where offence ilike '%harassment%'",
    )
    assert counted[0][0] > 20
    assert counted == rows(
        warehouse,
        "select cases, withdrawals from marts.withdrawal_rates "
        "where crime_area = 'Harassment' and dimension = 'all'",
    )
    assert rows(
        warehouse,
        "select 1 from quality.gaps_by_group where category = 'Harassment' limit 1",
    )
    assert "Harassment" in on_site(warehouse, "people")


def test_a_dimension_is_a_row(warehouse: Path) -> None:
    assert rows(
        warehouse,
        "select victim_injury_degree, count(*) from marts.cases "
        "group by all order by all",
    ) == rows(
        warehouse,
        "select category, cases from marts.withdrawal_rates "
        "where crime_area = 'All crime' and dimension = 'victim_injury' order by all",
    )
    assert "Victim's injury" in on_site(warehouse, "people")


def test_a_driver_model_is_a_row(warehouse: Path) -> None:
    ((cases, events),) = rows(
        warehouse, "select sample_size, events from drivers.models where model = '29'"
    )
    assert [(cases, events)] == rows(
        warehouse,
        "select count(*), sum(is_victim_withdrawal) from drivers.design "
        "where crime_type__public_order_offences = 1",
    )
    assert "<h1>Model 29: " in on_site(warehouse, "model-29")


def test_a_lookup_value_is_a_row(warehouse: Path, published: PublishedRun) -> None:
    query = (
        "select category, cases, withdrawals from marts.withdrawal_rates "
        "where crime_area = 'All crime' and dimension = 'venue_type' order by all"
    )
    assert rows(warehouse, query) == rows(published.path, query)
    gap = (
        "select population, failing from quality.gaps "
        "where gap = 'venue_type_not_in_lookup'"
    )
    assert rows(warehouse, gap) == rows(published.path, gap)


def test_a_rejection_reason_is_a_row_and_a_condition(
    warehouse: Path, published: PublishedRun
) -> None:
    assert rows(
        warehouse,
        "select extract, reason from quality.rejected_rows "
        "where reason like '%above 1000%'",
    ) == [("victims", "age_at_report is above 1000")]
    gap = "select sum(failing) from quality.gaps where gap = 'value_unreadable'"
    ((before,),) = rows(published.path, gap)
    assert rows(warehouse, gap) == [(before + 1,)]
