"""The same input gives the same warehouse on DuckDB and on Spark: rows and types."""

from __future__ import annotations

import csv
import math
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from linkage.base.settings import RunSettings
from linkage.engines.spark_session import has_java
from linkage.publication.publish import HISTORY, open_published
from tests.deliveries import deliver, sound
from tests.running import PublishedRun, run_linkage

pytestmark = pytest.mark.skipif(
    not has_java(), reason="Spark needs a Java runtime and none is installed here"
)
SOURCES = ("cris", "nibrs")
# Every kind of fit, but not every model: the SQL of all is the same.
FITTED = {"cris": ("00", "2", "3", "17"), "nibrs": ("N00", "N3")}
# When a model was fitted; all else must be equal.
DIFFERS = {"fitted_at"}
SHARE_TOLERANCE = 1e-12
# Sums of floating point that Newton's steps pass on.
FIT_TOLERANCE = 1e-8
FROM_FITS = (
    "drivers.",
    "marts.withdrawal_monitor",
    "marts.withdrawal_funnel",
    "marts.withdrawal_signals",
)


@pytest.fixture(scope="module")
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[RunSettings, RunSettings]]:
    """Settings of the DuckDB and the Spark warehouse of each source, both published."""
    found = {}
    for source, fixture in zip(SOURCES, ("published", "nibrs_published"), strict=True):
        run: PublishedRun = request.getfixturevalue(fixture)
        warehouse = tmp_path_factory.mktemp("spark") / f"{source}.spark"
        settings = RunSettings(source, run.settings.extracts, warehouse, engine="spark")
        done = run_linkage(
            "run",
            "--engine",
            "spark",
            "--source",
            source,
            "--extracts",
            settings.extracts,
            "--warehouse",
            warehouse,
            "--until",
            "publication",
            timeout=900,
        )
        assert done.returncode == 0, done.stderr
        models = [word for model in FITTED[source] for word in ("--model", model)]
        done = run_linkage(
            *("drivers", "--engine", "spark", "--source", source, *models),
            *("--warehouse", warehouse),
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        found[source] = (run.settings, settings)
    return found


@contextmanager
def opened(
    pair: tuple[RunSettings, RunSettings],
) -> Iterator[tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyConnection]]:
    with open_published(pair[0]) as on_duckdb, open_published(pair[1]) as on_spark:
        yield on_duckdb, on_spark


def tables(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Types by column by table."""
    found: dict[str, dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(
        "select schema_name, table_name, column_name, data_type "
        "from duckdb_columns() where schema_name in ('marts', 'quality', 'drivers')"
    ).fetchall():
        found.setdefault(f"{schema}.{table}", {})[column] = kind
    return found


@pytest.mark.parametrize("source", SOURCES)
def test_both_engines_publish_the_same_tables_with_the_same_types(
    source: str, both: dict[str, tuple[RunSettings, RunSettings]]
) -> None:
    with opened(both[source]) as (on_duckdb, on_spark):
        expected = tables(on_duckdb)
        assert len(expected) > 15
        assert tables(on_spark) == expected


@pytest.mark.parametrize("source", SOURCES)
def test_both_engines_publish_the_same_rows(
    source: str, both: dict[str, tuple[RunSettings, RunSettings]]
) -> None:
    with opened(both[source]) as (on_duckdb, on_spark):
        assert_same_rows(on_duckdb, on_spark, FITTED[source])


def assert_same_rows(
    on_duckdb: duckdb.DuckDBPyConnection,
    on_spark: duckdb.DuckDBPyConnection,
    fitted: Collection[str] = (),
) -> None:
    """All published tables but the history, of the fitted models only."""
    for table, columns in tables(on_duckdb).items():
        if table in HISTORY:
            continue
        exact = [
            name
            for name, kind in columns.items()
            if kind != "DOUBLE" and name not in DIFFERS
        ]
        floating = [name for name, kind in columns.items() if kind == "DOUBLE"]
        listed = ", ".join([*exact, *floating])
        chosen = ", ".join(f"'{model}'" for model in fitted) or "''"
        where = (
            f"where model in ({chosen})"
            if table.startswith("drivers.")
            and "model" in columns
            and not table.startswith("drivers.driver_model")
            else ""
        )
        query = f"select {listed} from {table} {where} order by {', '.join(exact)}"
        expected = on_duckdb.execute(query).fetchall()
        found = on_spark.execute(query).fetchall()
        width = len(exact)
        assert [row[:width] for row in found] == [row[:width] for row in expected], (
            table
        )
        tolerance = FIT_TOLERANCE if table.startswith(FROM_FITS) else SHARE_TOLERANCE
        for one, other in zip(found, expected, strict=True):
            assert all(
                nearly(a, b, tolerance)
                for a, b in zip(one[width:], other[width:], strict=True)
            ), (table, one, other)


def nearly(one: Any, other: Any, tolerance: float) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)


def test_fitting_again_makes_a_version_and_keeps_the_one_before(
    both: dict[str, tuple[RunSettings, RunSettings]],
) -> None:
    _, settings = both["cris"]
    before = (settings.warehouse / "current").readlink()
    with open_published(settings) as connection:
        cases = connection.execute("select count(*) from marts.cases").fetchone()
    done = run_linkage(
        "drivers",
        "--engine",
        "spark",
        "--model",
        "3",
        "--warehouse",
        settings.warehouse,
    )
    assert done.returncode == 0, done.stderr
    after = (settings.warehouse / "current").readlink()
    assert after != before
    assert (settings.warehouse / before).is_dir()
    with open_published(settings) as connection:
        assert (
            connection.execute("select count(*) from marts.cases").fetchone() == cases
        )


def test_a_run_that_fails_leaves_the_current_version(
    both: dict[str, tuple[RunSettings, RunSettings]], tmp_path: Path
) -> None:
    _, settings = both["cris"]
    before = (settings.warehouse / "current").readlink()
    delivery = tmp_path / "2021-05-01"
    delivery.mkdir()
    (delivery / "offences.csv").write_text("crime_ref\n", encoding="utf-8")
    done = run_linkage(
        "run",
        "--engine",
        "spark",
        "--extracts",
        tmp_path,
        "--warehouse",
        settings.warehouse,
    )
    assert done.returncode == 2
    assert (settings.warehouse / "current").readlink() == before


def test_an_incremental_run_on_spark_equals_a_full_refresh_on_duckdb(
    both: dict[str, tuple[RunSettings, RunSettings]], tmp_path: Path
) -> None:
    _, settings = both["cris"]
    extracts = tmp_path / "extracts"
    shutil.copytree(settings.extracts, extracts)
    (delivery,) = (path for path in extracts.iterdir() if path.is_dir())
    with (delivery / "offences.csv").open(encoding="utf-8") as stream:
        known = [row["crime_ref"] for row in csv.DictReader(stream)][:3]
    # New reports, one that was delivered earlier too, one corrected, one left out.
    deliver(extracts, sound("D/21", known[2]), date="2001-01-01")
    corrected = sound("C/21", *known[:2])
    corrected["offences"][-1]["offence_role"] = "Subsidiary"
    deliver(extracts, corrected, date="2031-02-01")
    on_duckdb = RunSettings("cris", extracts, tmp_path / "cris.duckdb")
    for run in (on_duckdb, replace(settings, extracts=extracts)):
        done = run_linkage(
            *("run", "--engine", run.engine, "--extracts", extracts),
            *("--warehouse", run.warehouse, "--until", "publication"),
            "--accept-fewer",
            timeout=900,
        )
        assert done.returncode == 0, done.stderr
    with opened((on_duckdb, settings)) as (expected, found):
        ((built,),) = found.execute(
            "select built from quality.publications order by publication desc limit 1"
        ).fetchall()
        assert built.startswith("the changed crime reports")
        assert_same_rows(expected, found)


def test_spark_without_java_is_one_line(simulated: Path, tmp_path: Path) -> None:
    done = run_linkage(
        "run",
        "--engine",
        "spark",
        "--extracts",
        simulated,
        "--warehouse",
        tmp_path / "cris.spark",
        env={"JAVA_HOME": str(tmp_path)},
    )
    assert done.returncode == 2
    assert "openjdk-17-jre-headless" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_folder_that_is_no_warehouse_is_not_written_to(
    simulated: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine", encoding="utf-8")
    done = run_linkage(
        "run",
        "--engine",
        "spark",
        "--extracts",
        simulated,
        "--warehouse",
        tmp_path / "mine",
    )
    assert done.returncode == 2
    assert "folder of Parquet versions" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
