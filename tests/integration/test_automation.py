"""What starts runs, who is told, and what is written down of them."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from linkage.base.errors import UnreadableInputError, WarehouseBusyError
from linkage.base.run_log import RunLog
from linkage.base.settings import SOURCES, RunSettings
from linkage.extracts.landing import landing_state
from linkage.publication.notifications import notify
from orchestration.automation import landing_sensors
from orchestration.run_context import RETRIES, RUNS, stage_of
from tests.deliveries import deliver, sound
from tests.running import PublishedRun, run_linkage

LONG_AGO = 1_600_000_000


def settle(folder: Path, when: int = LONG_AGO) -> None:
    for path in folder.rglob("*"):
        os.utime(path, (when, when))


# The landing folder -------------------------------------------------------------------


def test_a_landing_folder_has_a_state_once_its_files_have_settled(
    tmp_path: Path,
) -> None:
    deliver(tmp_path, sound("1/21"))
    assert landing_state(tmp_path) is None
    settle(tmp_path)
    state = landing_state(tmp_path)
    assert state is not None
    assert landing_state(tmp_path) == state


def test_a_landing_folder_that_is_missing_or_empty_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match="no such folder"):
        landing_state(tmp_path / "nowhere")
    with pytest.raises(UnreadableInputError, match="holds no file"):
        landing_state(tmp_path)


def test_a_delivery_more_a_correction_or_a_withdrawal_changes_the_state(
    tmp_path: Path,
) -> None:
    deliver(tmp_path, sound("1/21"))
    settle(tmp_path)
    states = {landing_state(tmp_path)}
    deliver(tmp_path, sound("2/21"), date="2021-06-01")
    settle(tmp_path)
    states.add(landing_state(tmp_path))
    settle(tmp_path / "2021-06-01", LONG_AGO + 1)
    states.add(landing_state(tmp_path))
    for path in (tmp_path / "2021-06-01").iterdir():
        path.unlink()
    states.add(landing_state(tmp_path))
    assert None not in states
    # What came last is gone again: the folder is as it was first.
    assert len(states) == 3


def test_a_clock_set_back_does_not_hold_a_delivery_up(tmp_path: Path) -> None:
    deliver(tmp_path, sound("1/21"))
    settle(tmp_path, int(time.time()) + 100_000)
    assert landing_state(tmp_path) is not None


@pytest.fixture
def look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str | None], Any]:
    """What the sensor makes of the folder `landing`, given its last cursor."""

    @dg.op
    def nothing() -> None:
        return None

    @dg.job
    def main_job() -> None:
        nothing()

    landing = tmp_path / "landing"
    monkeypatch.setattr(
        "orchestration.run_context.default_extracts", lambda source: landing
    )
    sensor = landing_sensors(dict.fromkeys(SOURCES, main_job))[0]
    return lambda cursor: sensor.evaluate_tick(dg.build_sensor_context(cursor=cursor))


def test_the_sensor_starts_a_run_for_what_is_new_and_for_that_once(
    tmp_path: Path, look: Callable[[str | None], Any]
) -> None:
    landing = tmp_path / "landing"
    missing = look(None)
    assert missing.run_requests == []
    deliver(landing, sound("1/21"))
    settle(landing)
    first = look(missing.cursor)
    assert len(first.run_requests) == 1
    assert look(first.cursor).run_requests == []
    settle(landing, LONG_AGO + 1)
    second = look(first.cursor)
    assert len(second.run_requests) == 1
    # As it was first: no request has a key by which Dagster would leave it out.
    settle(landing)
    (third,) = look(second.cursor).run_requests
    assert third.run_key is None


def test_a_landing_folder_that_disappears_is_notified_once_and_then_read_on(
    tmp_path: Path, look: Callable[[str | None], Any], told: Path
) -> None:
    landing = tmp_path / "landing"
    deliver(landing, sound("1/21"))
    settle(landing)
    first = look(None)
    landing.rename(tmp_path / "elsewhere")
    gone = look(first.cursor)
    assert gone.run_requests == []
    assert "no such folder" in gone.skip_message
    news = json.loads(told.read_text())
    assert news["status"] == "failed"
    assert news["message"] == gone.skip_message
    told.unlink()
    gone = look(gone.cursor)
    assert not told.exists()
    (tmp_path / "elsewhere").rename(landing)
    assert look(gone.cursor).run_requests == []


# Trying again -------------------------------------------------------------------------


@pytest.fixture
def context(tmp_path: Path) -> Iterator[dg.AssetExecutionContext]:
    run = RUNS["cris"](warehouse=str(tmp_path / "cris.duckdb"))
    given = {"cris_run": run, "progress": "of a run"}
    with dg.build_asset_context(resources=given) as context:
        yield context


def test_what_a_user_must_correct_is_not_tried_again(
    context: dg.AssetExecutionContext,
) -> None:
    with pytest.raises(dg.Failure) as failed, stage_of(context, "cris"):
        raise UnreadableInputError("delivery 2021-05-01: flags.csv is missing")
    assert failed.value.allow_retries is False
    assert "flags.csv is missing" in str(failed.value.description)


def test_another_run_in_the_way_is_tried_again(
    context: dg.AssetExecutionContext,
) -> None:
    with pytest.raises(WarehouseBusyError), stage_of(context, "cris"):
        raise WarehouseBusyError("another run is building it")
    assert RETRIES.max_retries > 0
    assert RETRIES.backoff == dg.Backoff.EXPONENTIAL
    assert RETRIES.delay


# Telling ------------------------------------------------------------------------------


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that a force's own command writes the news to."""
    news = tmp_path / "news.json"
    script = tmp_path / "tell.py"
    script.write_text(
        "import pathlib, sys\npathlib.Path(sys.argv[1]).write_text(sys.stdin.read())\n"
    )
    command = shlex.join([sys.executable, str(script), str(news)])
    monkeypatch.setenv("LINKAGE_NOTIFY", command)
    return news


def test_a_run_that_ends_tells_the_command_of_the_setting(
    published: PublishedRun, told: Path
) -> None:
    assert notify(published.settings, "done") is None
    news = json.loads(told.read_text())
    assert news["status"] == "done"
    assert news["publication"] == 1
    assert news["gaps_beyond_tolerance"] >= 0


def _no_folder(extracts: Path) -> None:
    assert not extracts.exists()


def _no_delivery(extracts: Path) -> None:
    extracts.mkdir()


def _no_flags(extracts: Path) -> None:
    deliver(extracts, sound("1/21"))
    (extracts / "2021-05-01" / "flags.csv").unlink()


def _unreadable_flags(extracts: Path) -> None:
    deliver(extracts, sound("1/21"), files={"flags": '"\n'})


@pytest.mark.parametrize(
    "land", [_no_folder, _no_delivery, _no_flags, _unreadable_flags]
)
def test_a_run_that_fails_tells_why(
    told: Path, tmp_path: Path, land: Callable[[Path], None]
) -> None:
    extracts = tmp_path / "extracts"
    land(extracts)
    done = run_linkage(
        *("run", "--extracts", extracts, "--warehouse", tmp_path / "cris.duckdb")
    )
    assert done.returncode == 2
    news = json.loads(told.read_text())
    assert news["status"] == "failed"
    assert news["message"] in done.stderr
    assert news["publication"] is None


@pytest.mark.parametrize("command", ["/no/such/command", "false", "'unbalanced"])
def test_a_command_that_fails_ends_nothing(
    published: PublishedRun, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKAGE_NOTIFY", command)
    problem = notify(published.settings, "done")
    assert problem is not None
    assert "nobody was notified" in problem


def test_without_the_setting_nobody_is_told(
    published: PublishedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LINKAGE_NOTIFY", raising=False)
    assert notify(published.settings, "done") is None


# The log ------------------------------------------------------------------------------


def events(settings: RunSettings) -> list[dict[str, Any]]:
    text = settings.run_log.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_run_is_logged_step_by_step(published: PublishedRun) -> None:
    logged = events(published.settings)
    assert logged[0]["event"] == "run started"
    assert logged[-1] | {"time": 0, "run": 0} == {
        "time": 0,
        "run": 0,
        "event": "run ended",
        "status": "done",
        "message": "",
    }
    steps = [one["step"] for one in logged if one["event"] == "step ended"]
    assert "Load extracts" in steps
    assert "Publish" in steps
    assert len({one["run"] for one in logged}) == 1


def test_a_log_says_how_a_run_failed_in_the_words_of_its_error(tmp_path: Path) -> None:
    settings = RunSettings("cris", tmp_path, tmp_path / "cris.duckdb")
    with pytest.raises(UnreadableInputError), RunLog(settings, "run"):
        raise UnreadableInputError("delivery 2021-05-01: flags.csv is missing")
    with pytest.raises(ValueError, match="secret"), RunLog(settings, "run"):
        raise ValueError("secret of a record")
    failed = [one for one in events(settings) if one["event"] == "run ended"]
    assert failed[0]["message"] == "delivery 2021-05-01: flags.csv is missing"
    assert failed[1]["message"] == "ValueError"
    assert "secret" not in settings.run_log.read_text(encoding="utf-8")


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "cris.duckdb.build").touch()
    settings = RunSettings("cris", tmp_path, tmp_path / "cris.duckdb")
    with RunLog(settings, "run") as log:
        log.event("step started", step="Load extracts")
    assert log.status == "done"
