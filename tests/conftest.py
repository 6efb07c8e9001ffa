"""What the tests share: one simulated delivery, and one full run on each source."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from linkage.base.settings import PROJECT, STUDIES, RunSettings, set_quiet_environment
from tests.running import PublishedRun, run_linkage

set_quiet_environment()
# Two warehouses of the same records are compared: they have the same record keys.
_key = Path(tempfile.gettempdir()) / f"linkage_tests_{os.getuid()}.record_key"
if not _key.exists():
    _key.write_text("5c" * 32, encoding="ascii")
os.environ["LINKAGE_RECORD_KEY_FILE"] = str(_key)
# Spark's tables are small here: Java's second compiler would cost more than it saves.
# Without it Java sets little aside for what it compiles, and compiles it over again.
os.environ.setdefault(
    "SPARK_SUBMIT_OPTS",
    "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest file first: the others run at the same time."""
    items.sort(key=lambda item: item.path.name != "test_two_engines.py")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all processes that test side by side."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def simulated(shared: Path) -> Path:
    """A folder with one simulated delivery of 2,000 cases, 2% of its rows dirty."""
    return _simulate_once(shared / "simulated", cases=2_000, seed=1, dirt=0.02)


@pytest.fixture(scope="session")
def published(simulated: Path, shared: Path) -> PublishedRun:
    """The warehouse that `linkage run` publishes from it. Read it, never change it."""
    return _publish_once(shared / "published", "cris", simulated, until="release")


@pytest.fixture(scope="session")
def drivers_published(shared: Path) -> PublishedRun:
    """A warehouse of 12,000 cases: enough for a dozen models' plain likelihood."""
    extracts = _simulate_once(shared / "simulated_for_drivers", cases=12_000, seed=3)
    return _publish_once(
        shared / "drivers_published", "cris", extracts, until="release"
    )


@pytest.fixture(scope="session")
def nibrs_published(shared: Path) -> PublishedRun:
    """The warehouse that `linkage run` publishes from the shipped NIBRS state-year."""
    extracts = PROJECT / "data" / "nibrs"
    return _publish_once(shared / "nibrs_published", "nibrs", extracts)


@pytest.fixture(scope="session")
def violent_crime_published(shared: Path) -> PublishedRun:
    """The warehouse of the violent-crime study on 1,500 crimes, 1% of rows dirty."""
    from linkage.simulator.violent_crime import simulate_violent_crime

    extracts = shared / "simulated_violent_crime"
    with FileLock(extracts.with_suffix(".lock")):
        if not extracts.exists():
            simulate_violent_crime(extracts, 1_500, seed=1, dirt=0.01)
    return _publish_once(shared / "violent_crime_published", "violent_crime", extracts)


@pytest.fixture(scope="session")
def national_published(shared: Path) -> PublishedRun:
    """The warehouse of the national study on the shipped Home Office year."""
    extracts = PROJECT / "data" / "national"
    return _publish_once(shared / "national_published", "national", extracts)


@pytest.fixture(scope="session")
def national_case_files_published(shared: Path) -> PublishedRun:
    """The warehouse of simulated case files: 20,000 suspects, 1% of rows dirty."""
    from linkage.simulator.national import simulate_national

    extracts = shared / "simulated_national"
    with FileLock(extracts.with_suffix(".lock")):
        if not extracts.exists():
            simulate_national(extracts, 20_000, seed=1, dirt=0.01)
    return _publish_once(shared / "national_case_files", "national", extracts)


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
    manifest = dbt_project.parse(RunSettings("cris", folder, folder / "cris.duckdb"))
    # What stays need not be gone through for garbage.
    gc.freeze()
    return manifest


def _simulate_once(out: Path, **of_what: Any) -> Path:
    from linkage.simulator import simulate_deliveries

    with FileLock(out.with_suffix(".lock")):
        if not out.exists():
            simulate_deliveries(out, **of_what)
    return out


def _publish_once(
    folder: Path, source: str, extracts: Path, until: str = "site"
) -> PublishedRun:
    settings = RunSettings(source, extracts, folder / f"{source}.duckdb")
    printed = folder.with_suffix(".printed")
    with FileLock(folder.with_suffix(".lock")):
        if not printed.exists():
            folder.mkdir()
            study = source.replace("_", "-")
            done = run_linkage(
                *("run", "--extracts", extracts),
                *(("--study", study) if study in STUDIES else ("--source", source)),
                *("--warehouse", settings.warehouse, "--until", until),
            )
            assert done.returncode == 0, done.stderr
            printed.write_text(done.stdout, encoding="utf-8")
    return PublishedRun(
        settings.warehouse, printed.read_text(encoding="utf-8"), settings
    )
