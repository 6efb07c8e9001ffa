"""What the tests share: one simulated delivery, and one full run on each source."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from linkage.settings import PROJECT, RunSettings, set_quiet_environment
from tests.running import PublishedRun, run_linkage

set_quiet_environment()


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one simulated delivery of 2,000 cases, 2% of its rows dirty."""
    from simulator import simulate_deliveries

    out = tmp_path_factory.mktemp("simulated") / "extracts"
    simulate_deliveries(out, cases=2_000, seed=1, dirt=0.02)
    return out


@pytest.fixture(scope="session")
def published(
    simulated: Path, tmp_path_factory: pytest.TempPathFactory
) -> PublishedRun:
    """The warehouse that `linkage run` publishes from it. Read it, never change it."""
    folder = tmp_path_factory.mktemp("published")
    return _publish("cris", simulated, folder, until="drivers")


@pytest.fixture(scope="session")
def drivers_published(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    """A warehouse of 12,000 cases: enough for a dozen models' plain likelihood."""
    from simulator import simulate_deliveries

    out = tmp_path_factory.mktemp("simulated_for_drivers") / "extracts"
    simulate_deliveries(out, cases=12_000, seed=3)
    folder = tmp_path_factory.mktemp("drivers_published")
    return _publish("cris", out, folder, until="drivers")


@pytest.fixture(scope="session")
def nibrs_published(tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    """The warehouse that `linkage run` publishes from the shipped NIBRS state-year."""
    return _publish(
        "nibrs", PROJECT / "data" / "nibrs", tmp_path_factory.mktemp("nibrs_published")
    )


@pytest.fixture(scope="session")
def standing(
    published: PublishedRun, tmp_path_factory: pytest.TempPathFactory
) -> RunSettings:
    """A copy of the published warehouse, which what goes wrong must leave alone."""
    warehouse = tmp_path_factory.mktemp("standing") / "cris.duckdb"
    shutil.copyfile(published.path, warehouse)
    return RunSettings("cris", published.settings.extracts, warehouse)


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The dbt project, parsed once for every build inside this process."""
    from orchestration import dbt_project

    folder = tmp_path_factory.mktemp("parsed")
    return dbt_project.parse(RunSettings("cris", folder, folder / "cris.duckdb"))


def _publish(
    source: str, extracts: Path, folder: Path, until: str = "report"
) -> PublishedRun:
    settings = RunSettings(source, extracts, folder / f"{source}.duckdb")
    done = run_linkage(
        "run",
        "--source",
        source,
        "--extracts",
        extracts,
        "--warehouse",
        settings.warehouse,
        "--until",
        until,
    )
    assert done.returncode == 0, done.stderr
    return PublishedRun(settings.warehouse, done.stdout, settings)
