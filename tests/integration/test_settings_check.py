"""A typing error in a seed or a settings file is found before anything is built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from linkage.base.settings import PROJECT
from tests.running import PublishedRun, rows

CHECK = "from linkage.checks.settings_check import check_settings; check_settings()"
FOLDERS = ("data", "tests", "warehouse", "target", "logs", "docs", "benchmarks")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, for its files to be changed."""
    copy = tmp_path_factory.mktemp("project") / "copy"
    left_out = shutil.ignore_patterns(".*", "__pycache__", *FOLDERS)
    shutil.copytree(PROJECT, copy, ignore=left_out)
    shutil.copytree(PROJECT / "data" / "published", copy / "data" / "published")
    return copy


def run_in(project: Path, *args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, args)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def change(project: Path, file: str, old: str, new: str) -> None:
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_seeds_and_settings_are_sound(project: Path) -> None:
    done = run_in(project, "-c", CHECK)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            "seeds/driver_models.csv",
            "is_stalking,is_victim_withdrawal",
            "is_stalkin,is_victim_withdrawal",
            "seeds/driver_models.csv line 14, model 10: filters names 'is_stalkin'",
        ),
        (
            "seeds/driver_models.csv",
            "0,cris,",
            "0,criss,",
            "seeds/driver_models.csv line 2, source_system: 'criss' is none of cris,",
        ),
        (
            "seeds/driver_models.csv",
            "offence,false,",
            "offence,nope,",
            "seeds/driver_models.csv line 2, has_site_effects: 'nope' is no true or",
        ),
        (
            "seeds/driver_predictors.csv",
            "Same day",
            "Same days",
            "seeds/driver_predictors.csv line 5, model 0: delay_to_report against",
        ),
        (
            "seeds/driver_model_changes.csv",
            "5,leave out,suspect_relationship",
            "5,leave out,suspect_relation",
            "seeds/driver_model_changes.csv line 3, model 5: leave out",
        ),
        (
            "seeds/crime_area_rules.csv",
            "crime_area",
            "crime_areas",
            "seeds/crime_area_rules.csv line 1: the header is",
        ),
        (
            "seeds/dimensions.csv",
            "borough,borough",
            "borough,boroughs",
            "seeds/dimensions.csv line 3, case_column: 'boroughs' is none of",
        ),
        (
            "seeds/driver_categories.csv",
            "victim_sex__male",
            "victim_sex__man",
            "design_column: add it to models/marts/drivers/design.yml too",
        ),
        (
            "seeds/watched_fields.csv",
            "offences,borough",
            "offences,burrow",
            "seeds/watched_fields.csv line 4, field: 'burrow' is none of",
        ),
        (
            "seeds/rejection_reasons.csv",
            "key_missing",
            "key_is_missing",
            "line 2, rejection_class: 'key_is_missing' is none of",
        ),
        (
            "seeds/outcome_codes.csv",
            "16,",
            "16,,,,,,,,",
            "seeds/outcome_codes.csv line ",
        ),
        (
            "seeds/violent_crime_predictors.csv",
            "crime_year,levels",
            "crime_yeer,levels",
            "seeds/violent_crime_predictors.csv line 2, mart_columns: ",
        ),
        (
            "seeds/violent_crime_models.csv",
            "0;0.25;",
            "0;0,25;",
            "seeds/violent_crime_models.csv line 2",
        ),
        (
            "seeds/data_quality_gaps.csv",
            "set,victim_nationality,",
            "set,victim_nationalty,",
            "(victim_nationality_unknown): audit_cases has no column victim_nationalty",
        ),
        (
            "models/audit/victims/audit_cases.yml",
            "- name: victim_nationality\n",
            "- name: victim_country\n",
            "(victim_nationality_unknown): audit_cases has no column "
            "victim_nationality",
        ),
        (
            "seeds/data_quality_gaps.csv",
            "victim_nationality,value_set: [Unknown]",
            "victim_nationality,value_set: [99]",
            "arguments: victim_nationality is text; put its values in single quotes",
        ),
        (
            "seeds/data_quality_gaps.csv",
            "kind = 'borough',completeness,offences,,false",
            "kind = 'borough',completeness,offences,,true",
            "(borough_without_rows): listed must be false: audit_coverage has no",
        ),
        (
            "seeds/data_quality_suites.csv",
            "audit_coverage",
            "audit_coverages",
            "seeds/data_quality_suites.csv: no model audit_coverages",
        ),
        (
            "seeds/data_quality_gaps.csv",
            "must hold",
            "must old",
            "seeds/data_quality_gaps.csv line 2 (offences_rejected): severity must be "
            "one of must hold, should hold, watch",
        ),
        (
            "linkage/oversight/settings.yml",
            "is_stalking = 1",
            "is_stalkin = 1",
            "linkage/oversight/settings.yml, crime_areas: Stalking: "
            "'is_stalkin = 1' is no",
        ),
        (
            "linkage/oversight/settings.yml",
            'default: "2"',
            'default: "3"',
            "linkage/oversight/settings.yml, models: cris: model 3 is not one of",
        ),
        (
            "linkage/oversight/settings.yml",
            "minimum_cases: 20",
            "minimum_cases: twenty",
            "linkage/oversight/settings.yml, minimum_cases: must be a number above 0",
        ),
        (
            "ml/study_settings.yml",
            "test_share: 0.2",
            "test_share: 20",
            "ml/study_settings.yml, test_share: must be a share above 0 and below 1",
        ),
        (
            "linkage/report/site/glossary.yml",
            "marts.cases.bcu",
            "marts.cases.bcus",
            "linkage/report/site/glossary.yml, BCU: marts.cases has no column bcus",
        ),
        (
            "expectations/record_audit.yml",
            "questions:",
            "questions: [",
            "record_audit.yml line ",
        ),
    ],
)
def test_a_typing_error_is_named_by_file_and_row(
    project: Path, file: str, old: str, new: str, words: str
) -> None:
    sound = (project / file).read_bytes()
    change(project, file, old, new)
    try:
        done = run_in(project, "-c", CHECK)
    finally:
        (project / file).write_bytes(sound)
    last = done.stderr.splitlines()[-1]
    assert "LinkageError: " in last
    assert words in last


def test_a_run_with_a_typing_error_ends_in_a_line_and_publishes_nothing(
    project: Path, published: PublishedRun, tmp_path: Path
) -> None:
    warehouse = tmp_path / "cris.duckdb"
    shutil.copyfile(published.path, warehouse)
    before = warehouse.read_bytes()
    file = "seeds/driver_models.csv"
    sound = (project / file).read_bytes()
    change(project, file, "is_stalking,is_victim", "is_stalkin,is_victim")
    try:
        done = run_in(
            project,
            *("-m", "linkage.cli", "run", "--warehouse", warehouse),
            *("--extracts", published.settings.extracts),
        )
    finally:
        (project / file).write_bytes(sound)
    assert done.returncode == 2
    (line,) = (one for one in done.stderr.splitlines() if one.startswith("linkage:"))
    assert "seeds/driver_models.csv line 14, model 10: filters names" in line
    assert warehouse.read_bytes() == before
    numbers = rows(warehouse, "select max(publication) from quality.publications")
    assert numbers == rows(
        published.path, "select max(publication) from quality.publications"
    )
