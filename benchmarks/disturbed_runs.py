"""Kill -9 at random moments of a month's run: the readers' view, and the next run.

A warehouse is published from three monthly deliveries, and a fourth is delivered. Each
time, a run on a copy takes in the fourth and is killed at a moment drawn evenly from
the time of an undisturbed run, while a reader repeatedly opens the published file. Then
the run is repeated, and every table is compared with an undisturbed run's. Processes
are forked from one that has the tools imported and the project read, so that a run is
its stages: load, build, audit, publish. Data tests, which write nothing, are left out.

Each kill is a line of the work folder: the script continues where it was stopped.
"""

from __future__ import annotations

import collections
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measuring import WORK, write_result
from expectations import audit
from linkage.base.code_checksum import code_checksum
from linkage.base.settings import RunSettings, set_quiet_environment
from linkage.extracts.load import load_source
from linkage.publication.build_state import CODE, why_full_refresh
from linkage.publication.kept import kept_publications
from linkage.publication.publish import one_run_at_a_time, publish
from linkage.simulator import simulate_deliveries
from orchestration import dbt_project
from tests.building import build_models

STAGES = ("load", "build", "audit", "publish")
CASES, MONTHS, SEED = 600, 4, 1
# When a file was loaded and what of it was built are a run's own.
APART = ("quality.publications", "quality.publication_deliveries", "raw.build_state")
Say = Callable[[str], None]
Contents = dict[str, str]


def take_in(run: RunSettings, parsed: Any, say: Say) -> None:
    """A run up to publication, reported stage by stage."""
    with one_run_at_a_time(run):
        say("load")
        load_source(run, only_changes=True)
        say("build")
        build(run, parsed)
        say("audit")
        audit.run_audit(run)
        say("publish")
        publish(run)


def build(run: RunSettings, parsed: Any) -> None:
    """The models; and the lookups, which an incremental run finds there."""
    build_models(run, "seed", "model")


@dataclass
class Forked:
    """A copy of this process at work, in a separate session.

    `words` is its output, after a wait for it.
    """

    pid: int
    said: int
    words: tuple[str, ...] = ()

    def kill(self) -> None:
        """End it, and all that it started, at once."""
        os.killpg(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit status, once it has ended; -9 where it was killed."""
        with os.fdopen(self.said) as stream:
            self.words = tuple(stream.read().split())
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def forked(work: Callable[[Say], None]) -> Forked:
    """Start the work; returns when it is about to begin."""
    sys.stdout.flush()
    said, saying = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(said)
        os.setsid()
        status = 1
        try:
            os.write(saying, b"\n")
            work(lambda word: _write(saying, word))
            status = 0
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(saying)
    os.read(said, 1)
    return Forked(pid, said)


def _write(stream: int, word: str) -> None:
    os.write(stream, f"{word}\n".encode())


# What readers see ---------------------------------------------------------------------

# A publication at a glance: its tables must agree on one publication.
GLANCE = """
select
    (select count(*) from marts.cases),
    (select count(*) from quality.gaps),
    (select max(delivery) from quality.gaps),
    (select count(distinct delivery) from quality.deliveries),
    (select deliveries from quality.publications order by publication desc limit 1),
    (select latest_delivery from quality.publications
        order by publication desc limit 1),
    (select count(distinct delivery) from quality.publication_deliveries
        where publication = (select max(publication) from quality.publications)),
    (select count(*) = max(publication) from quality.publications)
"""


def glance(warehouse: Path) -> tuple[Any, ...]:
    """A publication as a reader finds it who opens it now."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        (found,) = connection.execute(GLANCE).fetchall()
    return tuple(found)


@contextmanager
def watched(warehouse: Path, whole: list[tuple[Any, ...]]) -> Iterator[list[str]]:
    """Read again and again in another process; each result is `whole` or the fault."""
    stop = warehouse.with_name("stop")

    def read(say: Say) -> None:
        while not stop.exists():
            try:
                seen = glance(warehouse)
                say("whole" if seen in whole else f"{seen}".replace(" ", ""))
            except duckdb.Error as error:
                say(type(error).__name__)
            time.sleep(0.1)

    reader = forked(read)
    looks: list[str] = []
    try:
        yield looks
    finally:
        stop.touch()
        reader.wait()
        looks += reader.words
        stop.unlink()


# What is left -------------------------------------------------------------------------


def state(run: RunSettings) -> Contents:
    """A checksum of every table except a run's own; and the list of files."""
    found = {
        str(path.relative_to(run.warehouse.parent)): "there"
        for folder in (run.warehouse.parent, run.build_folder)
        for path in folder.iterdir()
    }
    for path in (run.warehouse, run.intake):
        with duckdb.connect(str(path), read_only=True) as connection:
            for name in _tables(connection):
                found[name] = _checksum(connection, name)
    return found


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    names = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where table_name != 'changed_crime_reports'"
    ).fetchall()
    return [name for (name,) in names if name not in APART]


def _checksum(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    columns = connection.execute(f"describe {name}").fetchall()
    # Sums of floating point differ in their last digits from run to run.
    listed = ", ".join(
        f"round({column}, 9)" if kind == "DOUBLE" else f'"{column}"'
        for column, kind, *_ in columns
        if column != "file_stamp"
    )
    rows = connection.execute(f"select {listed} from {name} order by all").fetchall()
    return f"{len(rows)} rows, " + hashlib.sha256(repr(rows).encode()).hexdigest()


def differences(found: Contents, expected: Contents) -> list[str]:
    """Tables and files that are not as expected."""
    return sorted(
        name
        for name in found.keys() | expected.keys()
        if found.get(name) != expected.get(name)
    )


def latest_kept(run: RunSettings) -> int:
    """The number of the current publication; raises if it is not also kept."""
    number, path = max(kept_publications(run).items())
    if not path.samefile(run.warehouse):
        raise AssertionError(f"{path} is not what stands published")
    return number


# The benchmark ------------------------------------------------------------------------


@dataclass(frozen=True)
class Prepared:
    """A published history, a new delivery, and the expected result."""

    run: RunSettings
    parsed: Any
    seconds: float
    before: tuple[Any, ...]
    after: tuple[Any, ...]
    expected: Contents

    def copied(self, folder: Path) -> RunSettings:
        """The history once more, in an empty folder."""
        shutil.rmtree(folder, ignore_errors=True)
        # With its hard links: a kept publication is the published file.
        subprocess.run(["cp", "-a", self.run.warehouse.parent, folder], check=True)
        return replace(self.run, warehouse=folder / self.run.warehouse.name)

    def run_once(self, run: RunSettings) -> float:
        """A complete run; its seconds."""
        started = time.perf_counter()
        if forked(lambda say: take_in(run, self.parsed, say)).wait():
            raise RuntimeError(f"a run on {run.warehouse} did not end well")
        return time.perf_counter() - started


def prepare(folder: Path) -> Prepared:
    """Simulate, publish all but the last delivery, and take that in undisturbed."""
    shutil.rmtree(folder, ignore_errors=True)
    # Files left by killed processes.
    tempfile.tempdir = str(folder / "temporary")
    Path(tempfile.tempdir).mkdir(parents=True)
    extracts = folder / "extracts"
    simulate_deliveries(extracts, cases=CASES, seed=SEED, months=MONTHS)
    (extracts / "truth.json").unlink()
    last = max(extracts.iterdir())
    aside = folder / last.name
    last.rename(aside)
    run = RunSettings("cris", extracts, folder / "published" / "cris.duckdb")
    run.build_folder.mkdir(parents=True)
    parsed = dbt_project.parse(run)
    # In this process, so that forked processes have a run's imports.
    take_in(run, parsed, lambda _: None)
    aside.rename(last)
    unfinished = Prepared(run, parsed, 0.0, glance(run.warehouse), (), {})
    seconds = []
    for _ in range(2):
        undisturbed = unfinished.copied(folder / "undisturbed")
        if why := why_full_refresh(undisturbed):
            raise RuntimeError(f"the month's run would not be incremental: {why}")
        seconds.append(unfinished.run_once(undisturbed))
    return replace(
        unfinished,
        seconds=min(seconds),
        after=glance(undisturbed.warehouse),
        expected=state(undisturbed),
    )


def kill_one(prepared: Prepared, run: RunSettings, share: float) -> dict[str, Any]:
    """Kill a run at a share of its time, run again, report the result."""
    with watched(run.warehouse, [prepared.before, prepared.after]) as looks:
        killed = forked(lambda say: take_in(run, prepared.parsed, say))
        time.sleep(share * prepared.seconds)
        killed.kill()
        status = killed.wait()
        left = glance(run.warehouse)
        why = why_full_refresh(run)
        prepared.run_once(run)
    return {
        "share": share,
        "stage": killed.words[-1] if killed.words else STAGES[0],
        "killed": status == -signal.SIGKILL,
        "left": "after" if left == prepared.after else "before",
        "left_whole": left in (prepared.before, prepared.after),
        "next_run_full_refresh": why,
        "publication": latest_kept(run),
        "differences": differences(state(run), prepared.expected),
        "openings": len(looks),
        "not_whole": [look for look in looks if look != "whole"],
    }


def main(kills: int = 100, minutes: float = float("inf")) -> None:
    """Kill so many runs; end sooner, with those done, when the minutes are over.

    A run that ends before its moment comes is no kill, and is not counted as one.
    """
    set_quiet_environment()
    until = time.monotonic() + 60 * minutes
    here = RunSettings("cris", WORK, WORK / "cris.duckdb")
    folder = WORK / f"disturbed_runs-{code_checksum(here, (*CODE, 'publication'))[:12]}"
    lines = folder.with_suffix(".jsonl")
    done: list[dict[str, Any]] = []
    if lines.exists():
        done += map(json.loads, lines.read_text(encoding="utf-8").splitlines())
    prepared = prepare(folder)
    while sum(one["killed"] for one in done) < kills and time.monotonic() < until:
        run = prepared.copied(folder / "disturbed")
        found = kill_one(prepared, run, random.Random(len(done)).random())
        done.append(found)
        line = json.dumps(found)
        with lines.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
        sys.stdout.write(f"{len(done)}: {line}\n")
        sys.stdout.flush()
    write_result("disturbed_runs", summarise(done, prepared))
    shutil.rmtree(folder)


def summarise(done: list[dict[str, Any]], prepared: Prepared) -> dict[str, Any]:
    """The record: how many kills, where, and how each ended."""
    found = [one for one in done if one["killed"]]

    def by(name: str) -> dict[str, int]:
        counted = collections.Counter(str(one[name]) for one in found)
        return dict(sorted(counted.items()))

    stages = by("stage")
    return {
        "cases": CASES,
        "deliveries": MONTHS,
        "undisturbed_seconds": round(prepared.seconds, 1),
        "kills": len(found),
        "runs_that_ended_before_they_were_killed": len(done) - len(found),
        "kills_by_stage": {stage: stages.get(stage, 0) for stage in STAGES},
        "left_the_warehouse": by("left"),
        "next_run_full_refresh_count": sum(
            bool(one["next_run_full_refresh"]) for one in found
        ),
        "ended_in_the_expected_state": sum(not one["differences"] for one in found),
        "readers_openings": sum(one["openings"] for one in found),
        "readers_saw_something_not_whole": sum(len(one["not_whole"]) for one in found)
        + sum(not one["left_whole"] for one in found),
    }


if __name__ == "__main__":
    main(*(int(x) for x in sys.argv[1:]))
