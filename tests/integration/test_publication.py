"""Publishing never disturbs a reader; a run that fails or dies changes nothing."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import dagster as dg
import duckdb
import pytest

from linkage.base.errors import AuditFailedError, StoppedError
from linkage.base.settings import RunSettings
from linkage.cli.output import explained
from linkage.publication.publish import (
    HISTORY,
    next_version,
    one_run_at_a_time,
    publish,
)
from tests.deliveries import deliver, sound, suspect, victim
from tests.running import (
    PublishedRun,
    rows,
    run_linkage,
    start_linkage,
    start_python,
)

READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
def count():
    return connection.execute("select count(*) from marts.cases").fetchone()[0]
print("ready", flush=True)
for line in sys.stdin:
    print(count(), flush=True)
"""
KEPT_APART = {"fitted_at", "run"}  # when it was done is not what was found


@pytest.fixture
def warehouse(published: PublishedRun, tmp_path: Path) -> RunSettings:
    """A copy of the published warehouse that a test may replace."""
    settings = RunSettings("cris", published.settings.extracts, tmp_path / "w.duckdb")
    shutil.copyfile(published.path, settings.warehouse)
    return settings


@pytest.fixture
def warm(standing: RunSettings, published: PublishedRun) -> Iterator[RunSettings]:
    """The standing copy, where dbt has the project in mind already; put back after."""
    yield standing
    shutil.copyfile(published.path, standing.warehouse)
    shutil.rmtree(standing.data_docs, ignore_errors=True)


def stage(settings: RunSettings, *changes: str) -> None:
    """Put a changed copy of the warehouse, with Data Docs, where a run builds."""
    settings.audited_docs.mkdir(parents=True)
    (settings.audited_docs / "index.html").write_text("the new audit")
    shutil.copyfile(settings.warehouse, settings.build)
    with duckdb.connect(str(settings.build)) as connection:
        for change in changes:
            connection.execute(change).fetchall()


def cases_in(warehouse: Path) -> int:
    ((count,),) = rows(warehouse, "select count(*) from marts.cases")
    return int(count)


# Readers ------------------------------------------------------------------------------


def test_an_open_reader_keeps_its_version_and_a_new_one_sees_the_next(
    warehouse: RunSettings,
) -> None:
    before = cases_in(warehouse.warehouse)
    with start_python(READER, warehouse.warehouse) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None

        def ask() -> int:
            reader.stdin.write("count\n")  # type: ignore[union-attr]
            reader.stdin.flush()  # type: ignore[union-attr]
            return int(reader.stdout.readline())  # type: ignore[union-attr]

        assert ask() == before
        stage(warehouse, "delete from marts.cases where is_suspect_recorded")
        with one_run_at_a_time(warehouse):
            publish(warehouse)
        assert ask() == before
        assert 0 < cases_in(warehouse.warehouse) < before
        assert ask() == before
        reader.communicate(timeout=20)


def test_a_reader_does_not_stop_drivers_from_publishing(warehouse: RunSettings) -> None:
    with start_python(READER, warehouse.warehouse) as reader:
        done = run_linkage(
            "drivers", "--model", "00", "--warehouse", warehouse.warehouse
        )
        reader.communicate("", timeout=20)
    assert done.returncode == 0, done.stderr


def test_data_docs_are_published_with_their_warehouse(warehouse: RunSettings) -> None:
    warehouse.data_docs.mkdir()
    (warehouse.data_docs / "index.html").write_text("the old audit")
    (warehouse.data_docs / "old page.html").touch()
    stage(warehouse)
    publish(warehouse)
    assert [x.name for x in warehouse.data_docs.iterdir()] == ["index.html"]
    assert (warehouse.data_docs / "index.html").read_text() == "the new audit"


def test_nothing_is_left_beside_a_published_warehouse(warehouse: RunSettings) -> None:
    stage(warehouse, "create table marts.extra as select 1 as one")
    publish(warehouse)
    assert {x.name for x in warehouse.warehouse.parent.iterdir()} == {
        warehouse.warehouse.name,
        warehouse.build_folder.name,
        warehouse.data_docs.name,
        warehouse.publications.name,
    }
    assert rows(warehouse.warehouse, "select * from marts.extra") == [(1,)]


# A run that ends badly ----------------------------------------------------------------


def test_a_breach_of_what_must_hold_publishes_nothing_and_exits_1(
    warm: RunSettings, tmp_path: Path
) -> None:
    known = [f"{n}/21" for n in range(40)]
    tables = sound(*known)
    tables["victims"] += [victim(f"{n}/99") for n in range(60)]
    tables["suspects"] += [suspect(f"{n}/99") for n in range(50)]
    deliver(tmp_path / "extracts", tables)
    deliver(tmp_path / "extracts", sound(*known), date="2021-06-01")
    before = warm.warehouse.read_bytes()
    (tmp_path / "dagster").mkdir()
    done = run_linkage(
        "run",
        "--extracts",
        tmp_path / "extracts",
        "--warehouse",
        warm.warehouse,
        env={"DAGSTER_HOME": str(tmp_path / "dagster")},
    )
    assert done.returncode == 1
    docs = warm.audited_docs / "index.html"
    assert len(done.stderr.splitlines()) == 1
    for word in (
        "victims_rejected in delivery 2021-05-01 (60 of 100",
        "suspects_rejected in delivery 2021-05-01 (50 of 90",
        "nothing was published",
        str(docs),
    ):
        assert word in done.stderr
    assert "2021-06-01" not in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert warm.warehouse.read_bytes() == before
    assert not warm.data_docs.exists()
    # What is reported is one link from the page that is named.
    index = docs.read_text(encoding="utf-8")
    assert "2 block publication" in index
    links = re.findall(r'<a href="(validations[^"]*2021-05-01[^"]*)"', index)
    pages = [(docs.parent / unquote(link)).read_text() for link in links]
    assert any("60 of 100</td>" in one and "60.0%" in one for one in pages)
    assert any("50 of 90</td>" in one and "55.6%" in one for one in pages)
    # Dagster has stopped the run, because of checks that block it.
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as instance:
        (run,) = instance.get_runs()
        logged = instance.all_logs(run.run_id)
    events = [one.dagster_event for one in logged if one.dagster_event]
    failed = {
        one.asset_check_evaluation_data.check_name
        for one in events
        if one.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        and one.asset_check_evaluation_data.blocking
        and not one.asset_check_evaluation_data.passed
    }
    assert failed == {"victims_rejected", "suspects_rejected"}
    ended = {
        one.step_key: one.event_type_value
        for one in events
        if one.step_key and one.event_type_value.startswith("STEP_")
    }
    assert ended["audit_cris"] == "STEP_FAILURE"
    assert "publish_cris" not in ended


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "the moment to kill never came"
        time.sleep(0.01)


def kill_once(
    settings: RunSettings, announced: str, reached: Callable[[], bool]
) -> None:
    """Start a run; kill -9 it once a step is announced and a condition holds."""
    started = start_linkage(
        "run", "--extracts", settings.extracts, "--warehouse", settings.warehouse
    )
    assert started.stdout is not None
    line = " "
    while line and announced not in line:
        line = started.stdout.readline()
    assert line, "the run ended before it could be killed"
    wait_for(reached)
    started.kill()
    assert started.wait(timeout=20) == -9
    started.communicate()


def at_least(path: Path, size: int) -> Callable[[], bool]:
    return lambda: path.exists() and path.stat().st_size >= size


def differences(left: Path, right: Path) -> list[str]:
    """Tables of two warehouses that do not hold the same rows."""
    different = []
    with duckdb.connect() as connection:
        for name, path in (("l", left), ("r", right)):
            connection.execute(f"attach '{path}' as {name} (read_only)").fetchall()
        listed = [
            {
                f"{schema}.{table}"
                for (schema, table) in connection.execute(
                    "select schema_name, table_name from duckdb_tables() "
                    "where database_name = ?",
                    [name],
                ).fetchall()
            }
            for name in ("l", "r")
        ]
        assert listed[0] == listed[1]
        for table in sorted(listed[0] - set(HISTORY)):
            columns = connection.execute(f"describe l.{table}").fetchall()
            # Sums of floating point differ in their last digits from run to run.
            kept = ", ".join(
                f"round({name}, 9) as {name}" if kind == "DOUBLE" else name
                for name, kind, *_ in columns
                if name not in KEPT_APART
            )
            for one, other in (("l", "r"), ("r", "l")):
                if connection.execute(
                    f"select {kept} from {one}.{table} "
                    f"except all select {kept} from {other}.{table} limit 1"
                ).fetchall():
                    different.append(table)
    return different


def test_runs_killed_at_any_moment_leave_the_warehouse_and_the_next_run_is_as_ever(
    published: PublishedRun, warm: RunSettings
) -> None:
    before = warm.warehouse.read_bytes()
    moments: list[tuple[str, Callable[[], bool]]] = [
        ("done Load extracts", warm.intake.exists),
        ("done Load extracts", at_least(warm.build, 100_000)),
        ("done Build and test", warm.build.exists),
    ]
    for announced, reached in moments:
        kill_once(warm, announced, reached)
        assert warm.warehouse.read_bytes() == before
        assert not warm.data_docs.exists()

    done = run_linkage(
        "run",
        "--extracts",
        warm.extracts,
        "--warehouse",
        warm.warehouse,
        "--until",
        "release",
    )
    assert done.returncode == 0, done.stderr
    assert differences(published.path, warm.warehouse) == []
    assert (warm.data_docs / "index.html").exists()
    for left_over in (warm.build, warm.build_folder / "next.duckdb"):
        assert not left_over.exists()


# Driver models on the published warehouse ---------------------------------------------


def test_drivers_refits_a_model_and_leaves_everything_else(
    published: PublishedRun, warehouse: RunSettings
) -> None:
    with duckdb.connect(str(warehouse.warehouse)) as connection:
        connection.execute(
            "delete from drivers.odds_ratios where model = '3'"
        ).fetchall()
    done = run_linkage("drivers", "--model", "3", "--warehouse", warehouse.warehouse)
    assert done.returncode == 0, done.stderr
    assert "model 3: n = " in done.stdout
    assert f"Warehouse: {warehouse.warehouse}" in done.stdout
    assert differences(published.path, warehouse.warehouse) == []


def test_an_unknown_model_is_one_line_that_lists_those_there_are(
    warehouse: RunSettings,
) -> None:
    before = warehouse.warehouse.read_bytes()
    done = run_linkage("drivers", "--model", "99", "--warehouse", warehouse.warehouse)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "--model 99: no such model" in done.stderr
    assert "3" in done.stderr.split("it lists")[1]
    assert warehouse.warehouse.read_bytes() == before


# A delivery that disappears -----------------------------------------------------------


def test_fewer_crime_reports_than_published_are_refused_until_the_loss_is_accepted(
    tmp_path: Path,
) -> None:
    extracts, warehouse = tmp_path / "extracts", tmp_path / "cris.duckdb"
    deliver(extracts, sound("A/21", "B/21"), date="2021-05-01")
    away = deliver(extracts, sound("C/21"), date="2021-06-01")
    run = ("run", "--extracts", extracts, "--warehouse", warehouse)
    run = (*run, "--until", "publication")
    done = run_linkage(*run)
    assert done.returncode == 0, done.stderr
    assert "2 new (2021-05-01, 2021-06-01)" in done.stdout
    published = warehouse.read_bytes()

    away.rename(tmp_path / "not mounted")
    done = run_linkage(*run)
    assert done.returncode == 1
    assert "3 crime reports were published and only 2 are delivered" in done.stderr
    assert "1 withdrawn (2021-06-01), 1 unchanged" in done.stderr
    assert "--accept-fewer" in done.stderr
    assert warehouse.read_bytes() == published

    done = run_linkage(*run, "--accept-fewer")
    assert done.returncode == 0, done.stderr
    assert "0 new, 0 changed, 1 withdrawn (2021-06-01), 1 unchanged" in done.stdout
    assert "Built: everything, because the last run did not end well" in done.stdout
    log = (tmp_path / "cris.duckdb.build" / "runs.jsonl").read_text().splitlines()
    (*_, event) = (e for e in map(json.loads, log) if e["event"] == "published")
    assert event["withdrawn_deliveries"] == ["2021-06-01"]
    assert event["built"].startswith("everything, because")


def test_a_report_that_was_erased_is_not_missed(warehouse: RunSettings) -> None:
    stage(warehouse, "update marts.case_flow set crime_reports_left = 5")
    with pytest.raises(AuditFailedError, match="only 5 are delivered now"):
        publish(warehouse)
    ((reports,),) = rows(
        warehouse.warehouse, "select max(crime_reports_left) from marts.case_flow"
    )
    with next_version(warehouse, ()) as connection:
        connection.execute(
            "create table quality.erasures as select now()::timestamp as erased_at, "
            f"{reports - 5} as reports"
        ).fetchall()
    publish(warehouse)


def test_simulated_deliveries_do_not_replace_real_ones(warehouse: RunSettings) -> None:
    stage(warehouse)
    with duckdb.connect(str(warehouse.warehouse)) as connection:
        connection.execute("update quality.deliveries set is_simulated = false")
    with pytest.raises(AuditFailedError, match="these are SIMULATED"):
        publish(warehouse)
    publish(replace(warehouse, accept_fewer=True))


# Pages of a publication ---------------------------------------------------------------


def test_pages_of_an_older_publication_are_not_left_beside_a_new_one(
    warehouse: RunSettings,
) -> None:
    warehouse.site.mkdir()
    (warehouse.site / "index.html").write_text("of the publication before")
    stage(warehouse)
    publish(warehouse)
    assert not warehouse.site.exists()


# What a message says of the published warehouse ---------------------------------------


def stop(settings: RunSettings, *, is_publishing: bool = False) -> None:
    with explained(settings):
        if is_publishing:
            stage(settings)
            publish(settings)
        raise KeyboardInterrupt


def test_a_command_that_is_stopped_says_whether_it_had_published(
    warehouse: RunSettings,
) -> None:
    with pytest.raises(StoppedError, match="the published warehouse is unchanged"):
        stop(warehouse)
    with pytest.raises(StoppedError, match=r"w\.duckdb was published before that"):
        stop(warehouse, is_publishing=True)
    warehouse.warehouse.unlink()
    with pytest.raises(StoppedError, match="nothing has been published"):
        stop(warehouse)


def test_a_pager_that_closes_is_no_error(published: PublishedRun) -> None:
    started = start_linkage("publications", "--warehouse", published.path)
    assert started.stdout is not None
    assert started.stderr is not None
    started.stdout.close()
    assert started.stderr.read() == ""
    assert started.wait(timeout=60) == 0
