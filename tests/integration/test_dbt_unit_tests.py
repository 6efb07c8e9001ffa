"""Every dbt unit test passes, and every crime area and step of the flow has one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from linkage.base.settings import RunSettings
from linkage.extracts.national import create_empty_tables
from linkage.extracts.record_key import write_record_key
from linkage.extracts.register import write_register
from orchestration import dbt_project
from tests.building import build_models
from tests.independent_linkage import seed
from tests.running import PublishedRun
from tests.violent_crime_tables import fill_intake

NIBRS = "path:models/staging/nibrs"
VIOLENT_CRIME = "*violent_crime*"
# National models are named after what they hold; their folders say whose they are.
NATIONAL = ("path:models/*/national", "*national*")
# Words of a unit test's name or description that say which rule it proves.
AREAS = {
    "Domestic abuse": "domestic_abuse_is",
    "Adult sexual offences": "adult_sexual_offences_exclude",
    "Adult rape offences": "adult_rape_excludes",
    "Child sexual abuse": "child_sexual_abuse_needs",
    "Stalking": "stalking_is",
    "Hate crime": "hate_crime_is",
    "Serious youth violence": "serious_youth_violence_needs",
    "Honour based violence": "honour_based_violence_is",
    "Violence with injury": "counts_as_violence_with_injury",
}
STEPS = {
    "rejected": "a_rejected_crime_report_is_removed_first",
    "outside the study period": "before_the_study_period_is_removed",
    "no outcome": "without_outcome_is_removed",
    "no crime or admin": "a_no_crime_is_removed",
    "crime type out of scope": "out_of_scope_is_removed",
    "no victim": "without_victim_is_removed",
    "several victims": "several_victims_are_removed",
    "several suspects": "several_suspects_are_removed",
    "several offences": "several_offences_are_removed",
}


def run_unit_tests(
    run: PublishedRun, folder: Path, parsed: Any, *selection: str
) -> dict[str, str]:
    """Unit tests by name, with how they ended, on copies of a run's two databases."""
    settings = RunSettings(
        run.settings.source, run.settings.extracts, folder / "unit.duckdb"
    )
    settings.temp.mkdir(parents=True)
    shutil.copyfile(run.path, settings.build)
    shutil.copyfile(run.settings.intake, settings.intake)
    return unit_tests_ended(settings, parsed, *selection)


def unit_tests_ended(
    settings: RunSettings, parsed: Any, *selection: str
) -> dict[str, str]:
    """Unit tests by name, with how they ended, on what is built there."""
    with dbt_project._environment(settings):
        done = dbtRunner(manifest=parsed).invoke(
            ["--quiet", "test", *dbt_project._arguments(settings), *selection]
        )
    dbt_project._release_database()
    assert done.exception is None, done.exception
    return {
        one.node.name: str(one.status)
        for one in done.result
        if one.node.resource_type == "unit_test"
    }


@pytest.fixture(scope="module")
def ended(
    published: PublishedRun,
    nibrs_published: PublishedRun,
    parsed: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """How every unit test of the project ended, by name."""
    unit = "test_type:unit"
    return (
        run_unit_tests(
            published,
            tmp_path_factory.mktemp("unit"),
            parsed,
            *("--select", unit, "--exclude", NIBRS, VIOLENT_CRIME, *NATIONAL),
        )
        | run_unit_tests(
            nibrs_published,
            tmp_path_factory.mktemp("unit_nibrs"),
            parsed,
            *("--select", f"{NIBRS},{unit}"),
        )
        | unit_tests_ended(
            empty_build(
                "violent_crime", tmp_path_factory.mktemp("unit_violent_crime"), parsed
            ),
            parsed,
            *("--select", f"{VIOLENT_CRIME},{unit}"),
        )
        | unit_tests_ended(
            empty_build("national", tmp_path_factory.mktemp("unit_national"), parsed),
            parsed,
            *("--select", *(f"{one},{unit}" for one in NATIONAL)),
        )
    )


def empty_build(source: str, folder: Path, parsed: Any) -> RunSettings:
    """Every table of a study of its own, without a row."""
    settings = RunSettings(source, folder, folder / "unit.duckdb")
    settings.temp.mkdir(parents=True)
    if source == "violent_crime":
        fill_intake(settings)
    else:
        with duckdb.connect(str(settings.intake)) as connection:
            create_empty_tables(connection)
            write_register(connection, source, [])
            write_record_key(connection, settings)
    build_models(settings, "seed", "model", "test")
    return settings


def test_every_unit_test_passes(ended: dict[str, str], parsed: Any) -> None:
    assert {name for name, status in ended.items() if status != "pass"} == set()
    assert set(ended) == {test.name for test in parsed.unit_tests.values()}
    assert len(ended) >= 60


def test_every_crime_area_has_a_unit_test_that_names_it(ended: dict[str, str]) -> None:
    assert set(AREAS) == {row["crime_area"] for row in seed("crime_area_rules")} | {
        "Violence with injury"
    }
    for area, words in AREAS.items():
        assert any(words in name for name in ended), area


def test_every_step_of_the_flow_has_a_unit_test_that_names_it(
    ended: dict[str, str],
) -> None:
    assert list(STEPS) == [row["step"] for row in seed("flow_steps")][1:]
    for step, words in STEPS.items():
        assert any(words in name for name in ended), step
