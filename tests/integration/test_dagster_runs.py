"""Runs that Dagster starts by itself: real processes, as `make dagster` starts them.

One `dagster dev` (web server, daemon, code server) serves a copy of the project with
tiny deliveries where they land by default.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from linkage.base.settings import PROJECT, RunSettings
from tests.running import environment, rows, run_linkage

LOCATION = {
    "repositoryLocationName": "orchestration.definitions",
    "repositoryName": "__repository__",
}
NOT_COPIED = (".venv", ".git", "warehouse", "target", "logs", "data", "storage")
LONG_AGO = 1_600_000_000
SECONDS = 600.0
T = TypeVar("T")
TELL = (
    "import pathlib, sys\n"
    "with pathlib.Path(sys.argv[1]).open('a') as news:\n"
    "    print(sys.stdin.read(), file=news)"
)


@dataclass(frozen=True)
class DagsterDev:
    """A web server and a daemon on a project of their own."""

    project: Path
    port: int
    news: Path

    def ask(self, query: str, **variables: Any) -> Any:
        """What the web server answers a query of GraphQL."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            content = json.load(answer)
        assert "errors" not in content, content["errors"]
        return content["data"]

    def warehouse(self, source: str) -> Path:
        return self.project / "warehouse" / f"{source}.duckdb"

    def publications(self, source: str) -> int:
        """The number of the published warehouse; 0 while there is none."""
        if not self.warehouse(source).exists():
            return 0
        return rows(
            self.warehouse(source), "select max(publication) from quality.publications"
        )[0][0]

    def launch(self, job: str, selection: list[list[str]] | None = None) -> str:
        """Start a job in the web server's way; the run's id."""
        launched = self.ask(
            """mutation ($params: ExecutionParams!) {
              launchRun(executionParams: $params) {
                __typename
                ... on LaunchRunSuccess { run { runId } }
                ... on PythonError { message }
                ... on RunConfigValidationInvalid { errors { message } }
              }
            }""",
            params={
                "mode": "default",
                "selector": {
                    **LOCATION,
                    "pipelineName": job,
                    "assetSelection": [{"path": path} for path in selection]
                    if selection
                    else None,
                },
                "runConfigData": {},
            },
        )["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def ended(self, run: str) -> str:
        """The status a run ends with."""
        return wait(lambda: self._ended(run))

    def _ended(self, run: str) -> str | None:
        status = self.ask(
            "query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }",
            run=run,
        )["runOrError"]["status"]
        return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None

    def started_by(self, tag: str, name: str) -> str:
        """The run that a sensor or schedule starts next."""
        query = """query ($tag: String!, $name: String!) {
          runsOrError(filter: {tags: [{key: $tag, value: $name}]}) {
            ... on Runs { results { runId } }
          }
        }"""

        def look() -> str | None:
            found = self.ask(query, tag=tag, name=name)["runsOrError"]["results"]
            return str(found[0]["runId"]) if found else None

        return wait(look)

    def materialized(self, run: str) -> dict[str, dict[str, Any]]:
        """Tables that a run reports, each with its metadata."""
        events = self._events(run)
        return {
            "/".join(one["assetKey"]["path"]): {
                entry["label"]: entry.get("path", entry.get("intValue"))
                for entry in one["metadataEntries"]
            }
            for one in events
            if one["__typename"] == "MaterializationEvent"
        }

    def observed(self, run: str) -> set[str]:
        """Tables that a run reports without building them."""
        return {
            "/".join(one["assetKey"]["path"])
            for one in self._events(run)
            if one["__typename"] == "ObservationEvent"
        }

    def _events(self, run: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            logs = self.ask(
                """query ($run: ID!, $cursor: String) {
                  logsForRun(runId: $run, afterCursor: $cursor) {
                    ... on EventConnection {
                      cursor hasMore
                      events {
                        __typename
                        ... on MaterializationEvent {
                          assetKey { path }
                          metadataEntries {
                            label
                            ... on PathMetadataEntry { path }
                            ... on IntMetadataEntry { intValue }
                          }
                        }
                        ... on ObservationEvent { assetKey { path } }
                      }
                    }
                  }
                }""",
                run=run,
                cursor=cursor,
            )["logsForRun"]
            found += logs["events"]
            cursor = logs["cursor"]
            if not logs["hasMore"]:
                return found

    def checks(self, *asset: str) -> dict[str, str | None]:
        """The latest status of each check of an asset; None where it was never made."""
        found = self.ask(
            """query ($key: AssetKeyInput!) {
              assetNodeOrError(assetKey: $key) {
                ... on AssetNode {
                  assetChecksOrError {
                    ... on AssetChecks {
                      checks {
                        name
                        executionForLatestMaterialization { status }
                      }
                    }
                  }
                }
              }
            }""",
            key={"path": list(asset)},
        )["assetNodeOrError"]["assetChecksOrError"]["checks"]
        latest = {
            one["name"]: one["executionForLatestMaterialization"] for one in found
        }
        return {name: one and one["status"] for name, one in latest.items()}

    def turn_on(self, kind: str, name: str) -> None:
        """Start a sensor or a schedule."""
        mutation = {
            "sensor": "startSensor(sensorSelector: $chosen)",
            "schedule": "startSchedule(scheduleSelector: $chosen)",
        }[kind]
        selector = f"{kind.capitalize()}Selector!"
        answer = self.ask(
            f"mutation ($chosen: {selector}) {{ done: {mutation} {{ __typename }} }}",
            chosen={**LOCATION, f"{kind}Name": name},
        )
        assert "Error" not in answer["done"]["__typename"], answer

    def turn_off_schedule(self, name: str) -> None:
        state = self.ask(
            """query ($chosen: ScheduleSelector!) {
              scheduleOrError(scheduleSelector: $chosen) {
                ... on Schedule { scheduleState { id } }
              }
            }""",
            chosen={**LOCATION, "scheduleName": name},
        )["scheduleOrError"]["scheduleState"]["id"]
        self.ask(
            "mutation ($id: String!) { stopRunningSchedule(id: $id) { __typename } }",
            id=state,
        )

    def told(self) -> list[dict[str, Any]]:
        """What was passed to the command of LINKAGE_NOTIFY, in order."""
        if not self.news.exists():
            return []
        return [json.loads(line) for line in self.news.read_text().splitlines()]


def wait(look: Callable[[], T | None], seconds: float = SECONDS) -> T:
    """Look every second until there is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(1)
    raise TimeoutError


def settle(folder: Path) -> None:
    """As if the files had landed long ago."""
    for path in folder.rglob("*"):
        os.utime(path, (LONG_AGO, LONG_AGO))


def copy_of_the_project(folder: Path) -> Path:
    """The project as cloned, with no deliveries; its weekly schedules are minutely."""
    project = folder / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(*NOT_COPIED))
    automation = project / "orchestration" / "automation.py"
    code = automation.read_text(encoding="utf-8")
    assert '"0 6 * * 1"' in code
    automation.write_text(code.replace('"0 6 * * 1"', '"* * * * *"'))
    return project


@pytest.fixture(scope="module")
def dagster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterDev]:
    """`make dagster`, with a command to pass the news to."""
    folder = tmp_path_factory.mktemp("dagster_dev")
    project, home = copy_of_the_project(folder), folder / "home"
    home.mkdir()
    shutil.copyfile(PROJECT / ".dagster" / "dagster.yaml", home / "dagster.yaml")
    (folder / "tell.py").write_text(TELL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    dev = DagsterDev(project, port, folder / "news.jsonl")
    tell = [sys.executable, str(folder / "tell.py"), str(dev.news)]
    with (folder / "dagster.log").open("w") as log:
        process = subprocess.Popen(
            [
                *(Path(sys.executable).with_name("dagster"), "dev"),
                *("-m", "orchestration.definitions"),
                *("-h", "127.0.0.1", "-p", str(port)),
            ],
            cwd=project,
            env=environment(
                {
                    "DAGSTER_HOME": str(home),
                    "DAGSTER_DISABLE_TELEMETRY": "yes",
                    "LINKAGE_NOTIFY": shlex.join(tell),
                    "PYTHONPATH": str(project),
                }
            ),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait(lambda: answers(dev))
            yield dev
        finally:
            # It stops its servers and its daemon; what has not ended by then is killed.
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=60)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def answers(dev: DagsterDev) -> bool | None:
    """Whether the web server knows the jobs; None while it does not answer."""
    try:
        found = dev.ask(
            """query ($chosen: RepositorySelector!) {
              repositoryOrError(repositorySelector: $chosen) { __typename }
            }""",
            chosen=LOCATION,
        )
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None
    return found["repositoryOrError"]["__typename"] == "Repository" or None


def wait_for_news(dev: DagsterDev, source: str, status: str) -> list[dict[str, Any]]:
    """The news of a source's warehouse with this status, once there are some."""

    def look() -> list[dict[str, Any]] | None:
        return [
            one
            for one in dev.told()
            if (one["warehouse"], one["status"]) == (str(dev.warehouse(source)), status)
        ] or None

    return wait(look)


def test_a_missing_landing_folder_is_notified_by_its_sensor(
    dagster: DagsterDev,
) -> None:
    dagster.turn_on("sensor", "violent_crime_landing_sensor")
    (news,) = wait_for_news(dagster, "violent_crime", "failed")
    assert "data/violent_crime: no such folder" in news["message"]


def test_a_run_that_fails_at_its_first_step_is_notified_with_its_reason(
    dagster: DagsterDev,
) -> None:
    assert dagster.ended(dagster.launch("nibrs_job")) == "FAILURE"
    (news,) = wait_for_news(dagster, "nibrs", "failed")
    assert "data/nibrs" in news["message"]
    assert news["publication"] is None


@pytest.fixture(scope="module")
def cris_run(dagster: DagsterDev) -> str:
    """A run without settings, up to the publication, after one as `make run` starts it.

    No landing folder is there, and the deliveries are those of the run before.
    """
    from linkage.simulator import simulate_deliveries

    extracts = dagster.project / "data" / "simulated" / "100"
    simulate_deliveries(extracts, cases=100, seed=1)
    done = run_linkage(
        *("run", "--extracts", extracts, "--until", "publication"),
        *("--warehouse", dagster.warehouse("cris")),
    )
    assert done.returncode == 0, done.stderr
    run = dagster.launch("cris_job", up_to_the_publication(extracts))
    assert dagster.ended(run) == "SUCCESS"
    return run


def up_to_the_publication(folder: Path) -> list[list[str]]:
    """The assets of the CRIS run without its driver models and pages."""
    from orchestration.assets import products
    from orchestration.dbt_project import manifest_of
    from orchestration.jobs import build_definitions

    manifest = manifest_of(RunSettings("cris", folder, folder / "cris.duckdb"))
    job = build_definitions({"cris": manifest}).resolve_job_def("cris_job")
    later = {name for one in products("cris") for name in one.assets}
    return [
        list(key.path)
        for key in job.asset_layer.selected_asset_keys
        if "/".join(key.path[1:]) not in later
    ]


def test_a_run_without_settings_builds_on_what_the_last_one_left(
    dagster: DagsterDev, cris_run: str
) -> None:
    assert dagster.publications("cris") == 2
    ((built,),) = rows(
        dagster.warehouse("cris"),
        "select built from quality.publications where publication = 2",
    )
    assert built.startswith("the changed crime reports: 0 of")


def test_a_run_reports_the_tables_it_built_with_their_rows(
    dagster: DagsterDev, cris_run: str
) -> None:
    reported = dagster.materialized(cris_run)
    assert {name.split("/")[0] for name in reported} == {"cris"}
    for name in ("marts/cases", "quality/gaps", "raw_cris/offences"):
        schema, table = name.split("/")
        place = dagster.warehouse("cris")
        if schema == "raw_cris":
            place = place.with_name("cris.duckdb.build") / "intake.duckdb"
        counted = rows(place, f"select count(*) from {schema}.{table}")
        assert counted == [(reported[f"cris/{name}"]["dagster/row_count"],)]
    # Lookups are those of the run before.
    unchanged = dagster.observed(cris_run)
    assert "cris/seeds/crime_areas" in unchanged
    assert unchanged.isdisjoint(reported)


def test_a_publication_reports_its_number_and_its_rows(
    dagster: DagsterDev, cris_run: str
) -> None:
    published = dagster.materialized(cris_run)["cris/published_warehouse"]
    assert published["publication"] == 2
    assert published["rows of cases"] == 100
    deliveries = rows(
        dagster.warehouse("cris"),
        "select count(distinct delivery) from quality.deliveries",
    )
    assert deliveries == [(published["deliveries"],)]


def test_every_path_that_a_run_names_is_there(
    dagster: DagsterDev, cris_run: str
) -> None:
    paths = [
        path
        for metadata in dagster.materialized(cris_run).values()
        for path in metadata.values()
        if isinstance(path, str)
    ]
    assert any("data_docs" in path for path in paths)
    assert [path for path in paths if not Path(path).exists()] == []


def gaps_as_published(warehouse: Path) -> dict[str, str]:
    """The status that each evaluated gap should have as a check."""
    found = rows(
        warehouse,
        "select gap, bool_and(is_within_tolerance) from quality.gaps "
        "where population > 0 group by gap",
    )
    return {gap: "SUCCEEDED" if within else "FAILED" for gap, within in found}


def test_a_gap_is_green_if_it_was_evaluated_and_within_tolerance(
    dagster: DagsterDev, cris_run: str
) -> None:
    shown = dagster.checks("cris", "quality", "gaps")
    # The table's own data test is a check too.
    assert shown.pop("is_key_gaps_gap__delivery") == "SUCCEEDED"
    published = gaps_as_published(dagster.warehouse("cris"))
    evaluated = {
        name: status
        for name, status in shown.items()
        if status in ("SUCCEEDED", "FAILED")
    }
    assert evaluated == published
    # A first delivery has none before it to compare its volume with.
    assert "volume_change" not in evaluated


def test_a_delivery_that_lands_is_built_and_leaves_other_sources_alone(
    dagster: DagsterDev, cris_run: str
) -> None:
    from linkage.simulator.national import simulate_national

    before = dagster.checks("cris", "quality", "gaps")
    landed = dagster.project / "data" / "national"
    simulate_national(landed, 100, seed=1)
    settle(landed)
    dagster.turn_on("sensor", "national_landing_sensor")
    run = dagster.started_by("dagster/sensor_name", "national_landing_sensor")
    assert dagster.ended(run) == "SUCCESS"
    assert dagster.publications("national") == 1
    assert {name.split("/")[0] for name in dagster.materialized(run)} == {"national"}
    assert dagster.checks("cris", "quality", "gaps") == before
    (news,) = wait_for_news(dagster, "national", "done")
    assert news["publication"] == 1


def test_a_schedule_publishes_a_new_file(dagster: DagsterDev, cris_run: str) -> None:
    before = dagster.warehouse("national").stat().st_ino
    dagster.turn_on("schedule", "national_weekly")
    run = dagster.started_by("dagster/schedule_name", "national_weekly")
    dagster.turn_off_schedule("national_weekly")
    assert dagster.ended(run) == "SUCCESS"
    assert dagster.publications("national") == 2
    assert dagster.warehouse("national").stat().st_ino != before
