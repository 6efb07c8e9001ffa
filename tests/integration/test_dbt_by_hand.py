"""dbt by hand works on every study and touches no publication."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest

from linkage.base.settings import PROJECT, SOURCES, RunSettings, study_of
from linkage.publication.build_state import why_full_refresh
from tests.running import PublishedRun, environment, run_linkage

# A mart of each study, to select, show and test.
MART = {
    "cris": "cases",
    "nibrs": "cases",
    "violent_crime": "violent_crimes",
    "national": "force_outcomes",
}


@dataclass(frozen=True)
class ByHand:
    """What `linkage load` has loaded, and the environment that it printed."""

    settings: RunSettings
    exported: Mapping[str, str]

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        folder = self.settings.warehouse.parent
        return subprocess.run(
            [
                Path(sys.executable).with_name("dbt"),
                *arguments,
                *("--target-path", str(folder / "target")),
                *("--log-path", str(folder / "logs")),
            ],
            cwd=PROJECT,
            env=environment(dict(self.exported)),
            capture_output=True,
            text=True,
            check=False,
        )


def load_by_hand(source: str, extracts: Path, folder: Path) -> ByHand:
    settings = RunSettings(source, extracts, folder / f"{source}.duckdb", by_hand=True)
    study = study_of(source)
    named = ("--source", source) if study == "victim-withdrawal" else ("--study", study)
    done = run_linkage(
        "load", *named, "--extracts", extracts, "--warehouse", settings.warehouse
    )
    assert done.returncode == 0, done.stderr
    exported = dict(
        shlex.split(line)[1].split("=", 1) for line in done.stdout.splitlines()
    )
    return ByHand(settings, exported)


def tables(path: Path, *schemas: str) -> set[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select table_schema, table_name from information_schema.tables"
            ).fetchall()
            if schema in schemas
        }


@pytest.fixture(scope="module", params=SOURCES)
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ByHand, PublishedRun]:
    """Each source, built by `dbt build` alone; and what a run publishes of it."""
    fixture = "published" if request.param == "cris" else f"{request.param}_published"
    run: PublishedRun = request.getfixturevalue(fixture)
    folder = tmp_path_factory.mktemp(f"{request.param}_by_hand")
    by_hand = load_by_hand(request.param, run.settings.extracts, folder)
    done = by_hand.dbt("build", "--exclude-resource-type", "unit_test")
    assert done.returncode == 0, done.stdout
    return by_hand, run


def test_dbt_build_builds_what_the_command_line_builds(
    built: tuple[ByHand, PublishedRun],
) -> None:
    by_hand, run = built
    before = ("staging", "intermediate", "audit", "seeds")
    assert tables(by_hand.settings.intake, *before) == tables(
        run.settings.intake, *before
    )
    marts = tables(by_hand.settings.build, "marts", "quality", "drivers")
    published = tables(run.path, "marts", "quality", "drivers")
    assert marts <= published
    # The rest is what Python adds: fits, monitors, publications.
    manifest = (run.settings.target / "manifest.json").read_text()
    assert not [
        name
        for name in published - marts
        if f'"model.crime_outcome_linkage.{name.partition(".")[2]}"' in manifest
    ]


@pytest.mark.parametrize("command", ["build", "test", "show"])
def test_one_mart_can_be_built_tested_and_shown(
    built: tuple[ByHand, PublishedRun], command: str
) -> None:
    by_hand, _ = built
    done = by_hand.dbt(command, "--select", MART[by_hand.settings.source])
    assert done.returncode == 0, done.stdout


def test_a_mart_has_the_rows_of_the_command_line(
    built: tuple[ByHand, PublishedRun],
) -> None:
    by_hand, run = built
    count = f"select count(*) from marts.{MART[by_hand.settings.source]}"
    found = []
    for path in (by_hand.settings.build, run.path):
        with duckdb.connect(str(path), read_only=True) as connection:
            found.append(connection.execute(count).fetchall())
    assert found[0] == found[1] != [(0,)]


def test_what_a_mart_is_made_of_is_of_its_own_source(
    built: tuple[ByHand, PublishedRun],
) -> None:
    by_hand, _ = built
    source = by_hand.settings.source
    done = by_hand.dbt("--quiet", "ls", "--select", f"+{MART[source]}")
    assert done.returncode == 0, done.stdout
    others = set(SOURCES) - {source}
    assert not [
        line
        for line in done.stdout.splitlines()
        for other in others
        if f".{other}." in line or f"_{other}__" in line or f"raw_{other}." in line
    ]


def test_the_models_of_another_source_are_refused_in_one_line(
    built: tuple[ByHand, PublishedRun],
) -> None:
    by_hand, _ = built
    other = "nibrs" if by_hand.settings.source == "cris" else "cris"
    done = by_hand.dbt("build", "--selector", other)
    assert done.returncode != 0
    assert f"run `export LINKAGE_SOURCE={other}` first" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_dbt_writes_its_documentation(built: tuple[ByHand, PublishedRun]) -> None:
    by_hand, _ = built
    if by_hand.settings.source != "cris":
        pytest.skip("once is enough: the documentation is of the whole project")
    done = by_hand.dbt("docs", "generate")
    assert done.returncode == 0, done.stdout


def test_without_deliveries_dbt_says_how_to_load_them(tmp_path: Path) -> None:
    nothing = ByHand(
        RunSettings("cris", tmp_path, tmp_path / "cris.duckdb"),
        {
            "LINKAGE_BUILD": f"{tmp_path}/build.duckdb",
            "LINKAGE_INTAKE": f"{tmp_path}/intake.duckdb",
        },
    )
    done = nothing.dbt("build", "--select", "cases")
    assert done.returncode != 0
    assert "no deliveries of cris are loaded" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


# What is published --------------------------------------------------------------------


def checksums(run: RunSettings) -> dict[str, str]:
    """Of the published file and of all that the next run builds on."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (run.warehouse, run.intake, run.build)
        if path.exists()
    }


def test_work_by_hand_leaves_the_publication_and_the_next_run_alone(
    published: PublishedRun, tmp_path: Path
) -> None:
    run = replace(published.settings, warehouse=tmp_path / "cris.duckdb")
    shutil.copytree(published.settings.build_folder, run.build_folder)
    shutil.copyfile(published.path, run.warehouse)
    before = checksums(run)
    by_hand = load_by_hand("cris", run.extracts, tmp_path)
    # The second time the tables are there.
    for _ in range(2):
        done = by_hand.dbt("build", "--select", "+case_flow")
        assert done.returncode == 0, done.stdout
    assert checksums(run) == before
    assert why_full_refresh(run) is None


def test_the_target_of_runs_is_out_of_reach_by_hand(tmp_path: Path) -> None:
    by_hand = ByHand(RunSettings("cris", tmp_path, tmp_path / "cris.duckdb"), {})
    done = by_hand.dbt("build", "--target", "run")
    assert done.returncode != 0
    assert "'LINKAGE_BUILD'" in done.stdout
