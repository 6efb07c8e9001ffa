"""Whatever disturbs a run, the next one ends as if nothing had; readers see no half.

`benchmarks/disturbed_runs.py` kills a hundred runs at random moments; here are the
moments that matter, and what else can go wrong with a disk, a clock or a delivery.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime as dt
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks.disturbed_runs import Contents, build, differences, forked, state
from linkage.base.errors import LinkageError, UnreadableInputError
from linkage.base.settings import RunSettings
from linkage.cli.output import explained
from linkage.extracts import changes, records
from linkage.extracts.load import load_source
from linkage.publication import publications
from linkage.publication.build_state import why_full_refresh
from linkage.publication.kept import kept_publications
from linkage.publication.publish import (
    next_version,
    one_run_at_a_time,
    publish,
    rollback,
)
from tests.deliveries import deliver, offence, sound, text, victim
from tests.running import rows, run_linkage

REFERENCES = [f"{n}/21" for n in range(12)]
NEW = "2021-06-01"


@dataclass(frozen=True)
class Month:
    """One delivery published, another come: as it stands, built, and published.

    `folders` holds a copy of the whole at each stage; `parsed` is the dbt project.
    """

    folders: Path
    parsed: Any
    expected: Contents

    def at(self, stage: str) -> RunSettings:
        folder = self.folders / stage
        return RunSettings("cris", self.folders / "extracts", folder / "cris.duckdb")

    def copied(self, stage: str, folder: Path) -> RunSettings:
        run = self.at(stage)
        copy_all(run.warehouse.parent, folder)
        return replace(run, warehouse=folder / run.warehouse.name)

    def take_in(self, run: RunSettings) -> None:
        """A run up to publication, but for its audit."""
        with one_run_at_a_time(run):
            load_source(run, only_changes=True)
            build(run, self.parsed)
            stage_docs(run)
            publish(run)

    def assert_ends_as_ever(self, run: RunSettings) -> None:
        """After one more run, all is as after one that nothing disturbed."""
        assert forked(lambda _: self.take_in(run)).wait() == 0
        self.assert_as_ever(run)

    def assert_as_ever(self, run: RunSettings) -> None:
        assert differences(state(run), self.expected) == []
        assert_published(run)


def assert_published(run: RunSettings) -> None:
    """With what belongs to it: the intake, a second name, the Data Docs."""
    assert latest_delivery(run) == NEW
    assert why_full_refresh(run) is None
    assert max(kept_publications(run).values()).samefile(run.warehouse)
    assert (run.data_docs / "index.html").read_text() == NEW


def copy_all(source: Path, target: Path) -> None:
    """With hard links: a kept publication is the published file."""
    subprocess.run(["cp", "-a", source, target], check=True)


def stage_docs(run: RunSettings) -> None:
    run.audited_docs.mkdir()
    (run.audited_docs / "index.html").write_text(latest_delivery(run, run.build))


def latest_delivery(run: RunSettings, path: Path | None = None) -> str:
    ((latest,),) = rows(
        path or run.warehouse, "select max(delivery) from quality.deliveries"
    )
    return str(latest)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory, parsed: Any) -> Month:
    folders = tmp_path_factory.mktemp("month")
    month = Month(folders, parsed, {})
    published = month.at("published")
    deliver(published.extracts, sound(*REFERENCES))
    month.take_in(published)
    arrived = sound(REFERENCES[0], "new/21")
    arrived["offences"] = [offence(REFERENCES[0], outcome_code="14"), offence("new/21")]
    deliver(published.extracts, arrived, date=NEW)
    assert why_full_refresh(published) is None
    built = month.copied("published", folders / "built")
    load_source(built, only_changes=True)
    build(built, parsed)
    stage_docs(built)
    undisturbed = month.copied("built", folders / "undisturbed")
    publish(undisturbed)
    month = replace(month, expected=state(undisturbed))
    month.assert_as_ever(undisturbed)
    return month


@pytest.fixture
def run(month: Month, tmp_path: Path) -> RunSettings:
    """What stands published, with its intake; a delivery has come since."""
    return month.copied("published", tmp_path / "run")


@pytest.fixture
def built(month: Month, tmp_path: Path) -> RunSettings:
    """The same, with the delivery taken in and all but published."""
    return month.copied("built", tmp_path / "run")


def refusal(run: RunSettings, work: Callable[[], Any]) -> str:
    """The one line with which a run of its own ends."""

    def tell(say: Callable[[str], None]) -> None:
        try:
            with explained(run):
                work()
        except LinkageError as error:
            say(str(error))

    child = forked(tell)
    assert child.wait() == 0
    line = " ".join(child.words)
    assert line
    return line


def publish_built_again(month: Month, run: RunSettings) -> None:
    """The next run, from where it publishes; it builds the same whatever was left."""
    shutil.rmtree(run.build_folder)
    copy_all(month.at("built").build_folder, run.build_folder)
    publish(run)
    assert_published(run)


# Killed -------------------------------------------------------------------------------

CHANGES = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir"}


def killed_before_change(number: int, work: Callable[[], Any]) -> bool:
    """Do the work in another process, killed before it changes a folder that often."""

    def count(event: str, _: object) -> None:
        nonlocal number
        if event in CHANGES:
            number -= 1
            if number < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def begin(_: object) -> None:
        sys.addaudithook(count)
        work()

    status = forked(begin).wait()
    assert status in (0, -signal.SIGKILL)
    return status != 0


def test_killed_before_any_change_that_loading_makes(
    month: Month, tmp_path: Path
) -> None:
    left: list[str | None] = []
    while True:
        run = month.copied("published", tmp_path / f"killed-{len(left)}")
        load = partial(load_source, run, only_changes=True)
        if not killed_before_change(len(left), load):
            break
        left.append(why_full_refresh(run))
    # Before the intake is committed and after.
    before = left.count(None)
    assert before > 2
    assert set(left[before:]) == {"the last run did not end well"}


def test_killed_before_any_change_that_publishing_makes(
    month: Month, tmp_path: Path
) -> None:
    before = month.at("published").warehouse.read_bytes()
    left: list[tuple[bool, bool]] = []
    while True:
        run = month.copied("built", tmp_path / f"killed-{len(left)}")
        if not killed_before_change(len(left), partial(publish, run)):
            break
        is_published = run.warehouse.read_bytes() != before
        left.append((is_published, why_full_refresh(run) is None))
        if is_published:
            assert latest_delivery(run) == NEW
        publish_built_again(month, run)
        # A run killed once it had published leaves a publication like the next one.
        assert sorted(kept_publications(run)) == list(range(1, 3 + is_published))
    month.assert_as_ever(run)
    # Before the rename, between it and the note of it in the intake, and after.
    assert left == sorted(left)
    assert set(left) == {(False, False), (True, False), (True, True)}


def test_killed_once_all_is_loaded_and_again_while_all_is_built(
    month: Month, run: RunSettings
) -> None:
    def load() -> None:
        load_source(run, only_changes=True)
        os.kill(os.getpid(), signal.SIGKILL)

    assert forked(lambda _: load()).wait() == -signal.SIGKILL
    assert why_full_refresh(run) == ("the last run did not end well")
    second = forked(lambda _: month.take_in(run))
    while not run.build.exists():
        time.sleep(0.01)
    time.sleep(1.5)
    second.kill()
    assert second.wait() == -signal.SIGKILL
    assert latest_delivery(run) != NEW
    month.assert_ends_as_ever(run)


def test_what_is_written_by_a_run_that_was_killed_is_not_of_the_next_version(
    built: RunSettings,
) -> None:
    publish(built)

    def write() -> None:
        with next_version(built, ["marts.note"]) as connection:
            connection.execute("create table marts.note as select 1 as one").fetchall()
            os.kill(os.getpid(), signal.SIGKILL)

    assert forked(lambda _: write()).wait() == -signal.SIGKILL
    assert (built.build_folder / "next.duckdb.wal").exists()
    for _ in range(2):
        with next_version(built, ["marts.note"]) as connection:
            names = connection.execute(
                "select table_name from duckdb_tables()"
            ).fetchall()
    assert ("note",) not in names
    assert not list(built.build_folder.glob("next.duckdb*"))


def test_a_rollback_takes_nothing_from_a_build_that_was_killed(
    built: RunSettings,
) -> None:
    publish(built)

    def begin_to_build() -> None:
        shutil.copyfile(built.warehouse, built.build)
        connection = duckdb.connect(str(built.build))
        connection.execute("create table marts.half as select 1 as one").fetchall()
        os.kill(os.getpid(), signal.SIGKILL)

    assert forked(lambda _: begin_to_build()).wait() == -signal.SIGKILL
    assert built.build.with_name("build.duckdb.wal").exists()
    rollback(built, 1)
    assert latest_delivery(built) != NEW
    assert not rows(
        built.warehouse, "select * from duckdb_tables() where table_name = 'half'"
    )


def test_rows_are_written_only_where_the_next_run_removes_them(
    run: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = sound("odd/21")
    odd["victims"] = [victim("odd/21", nationality="Curaçao")]
    extracts = run.warehouse.parent / "odd"
    files = {"victims": text("victims", odd["victims"]).encode("cp1252")}
    deliver(extracts, odd, files=files)
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    load_source(replace(run, extracts=extracts))
    assert rows(run.intake, "select nationality from raw_cris.victims") == [
        ("Curaçao",)
    ]


# Disk, permission, another run, a delivery that is not whole --------------------------


def no_file_larger_than(size: int) -> None:
    """As on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def full_before(step: str, run: RunSettings, patch: pytest.MonkeyPatch) -> str:
    """How a load ends when the disk is full from a step of it on."""
    do = getattr(changes, step)

    def on_a_full_disk(*arguments: Any) -> Any:
        no_file_larger_than(1_000)
        return do(*arguments)

    with patch.context() as inner:
        inner.setattr(changes, step, on_a_full_disk)
        return refusal(run, lambda: load_source(run, only_changes=True))


@contextlib.contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)


def bound_by_permissions(work: Callable[[], Any]) -> None:
    """Do it as somebody whom permissions bind, which they don't root."""
    version, every_thread = 0x20080522, 0
    header = version.to_bytes(4, "little") + every_thread.to_bytes(4, "little")
    assert ctypes.CDLL(None).capset(header, bytes(24)) == 0
    work()


def in_an_unwritable(folder: Path, run: RunSettings, work: Callable[[], Any]) -> str:
    with unwritable(folder):
        return refusal(run, partial(bound_by_permissions, work))


def test_what_disturbs_a_load_leaves_the_intake_as_it_was(
    month: Month, run: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy() -> None:
        no_file_larger_than(run.warehouse.stat().st_size - 1)
        load_source(run, only_changes=True)

    assert "the disk is full" in refusal(run, copy)
    assert 0 < run.build.stat().st_size < run.warehouse.stat().st_size
    for step in ("find_changes", "insert_register", "note_start"):
        assert "the disk is full" in full_before(step, run, monkeypatch)
        assert why_full_refresh(run) is None
    line = in_an_unwritable(
        run.build_folder, run, lambda: load_source(run, only_changes=True)
    )
    assert str(run.build_folder) in line
    assert "permission denied" in line

    for change in (correct, remove):
        with pytest.raises(UnreadableInputError, match="was written to while"):
            load_meanwhile(replace(run, extracts=copied(run)), change, monkeypatch)
    assert why_full_refresh(run) is None
    assert rows(run.intake, "select distinct delivery from raw.deliveries") == [
        ("2021-05-01",)
    ]
    month.assert_ends_as_ever(run)


def copied(run: RunSettings) -> Path:
    extracts = run.warehouse.parent.with_name("changing")
    shutil.rmtree(extracts, ignore_errors=True)
    shutil.copytree(run.extracts, extracts)
    return extracts


def correct(folder: Path) -> None:
    """The file that was read first is delivered anew."""
    deliver(folder.parent / "corrected", sound(REFERENCES[1]), date=NEW)
    for path in (folder.parent / "corrected" / NEW).iterdir():
        path.replace(folder / path.name)
    shutil.rmtree(folder.parent / "corrected")


def remove(folder: Path) -> None:
    shutil.rmtree(folder)


def load_meanwhile(
    run: RunSettings, change: Callable[[Path], None], patch: pytest.MonkeyPatch
) -> None:
    """Load while the new delivery changes after its offences have been read."""
    read = records.load_extract

    def and_change(*arguments: Any) -> Any:
        loaded = read(*arguments)
        if loaded.extract == "offences":
            change(run.extracts / NEW)
        return loaded

    with patch.context() as inner:
        inner.setattr(records, "load_extract", and_change)
        load_source(run, only_changes=True)


def test_permission_lost_while_building_and_while_publishing(
    month: Month, built: RunSettings
) -> None:
    before = built.warehouse.read_bytes()
    for folder, work in (
        (built.build_folder, lambda: build(built, month.parsed)),
        (built.warehouse.parent, lambda: publish(built)),
    ):
        assert "permission denied" in in_an_unwritable(folder, built, work)
        assert built.warehouse.read_bytes() == before
        assert why_full_refresh(built) == ("the last run did not end well")
    publish_built_again(month, built)


def test_a_disk_that_fills_while_publishing(month: Month, built: RunSettings) -> None:
    before = built.warehouse.read_bytes()

    def work() -> None:
        no_file_larger_than(1_000)
        publish(built)

    assert "the disk is full" in refusal(built, work)
    assert built.warehouse.read_bytes() == before
    publish_built_again(month, built)


# The clock ----------------------------------------------------------------------------


def test_a_clock_that_is_moved_is_only_what_a_publication_says_of_itself(
    month: Month, run: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time_ns()
    own = replace(run, extracts=run.warehouse.parent / "extracts")
    shutil.copytree(run.extracts, own.extracts)
    for day, path in enumerate(sorted(own.extracts.rglob("*.csv"))):
        # Years from now and years ago.
        os.utime(path, ns=(now, now + (-1) ** day * 10**17))
    monkeypatch.setattr(time, "time_ns", lambda: now - 10**18)
    monkeypatch.setattr(publications, "utc_now", lambda: dt.datetime(1999, 12, 31))
    assert forked(lambda _: month.take_in(own)).wait() == 0
    shutil.rmtree(own.extracts)
    month.assert_as_ever(run)
    assert sorted(kept_publications(run)) == [1, 2]
    monkeypatch.setattr(publications, "utc_now", lambda: dt.datetime(2099, 12, 31))
    rollback(run, 1)
    monkeypatch.undo()
    rollback(run, 2)
    assert latest_delivery(run) == NEW
    numbers = "select publication, restores from quality.publications order by 1"
    assert rows(run.warehouse, numbers) == [(1, None), (2, None), (3, 1), (4, 2)]
    assert sorted(kept_publications(run)) == [2, 3, 4]


# By hand, and two at once -------------------------------------------------------------


def test_a_kept_publication_that_is_deleted_is_kept_again_while_it_stands(
    month: Month, built: RunSettings
) -> None:
    kept_publications(built)[1].unlink()
    publish(built)
    month.assert_as_ever(built)
    assert sorted(kept_publications(built)) == [1, 2]
    kept_publications(built)[1].unlink()
    assert sorted(kept_publications(built)) == [2]


def test_a_published_warehouse_that_is_deleted_comes_again_with_its_history(
    month: Month, run: RunSettings
) -> None:
    with next_version(run, ["quality.erasures"]) as connection:
        connection.execute("create table quality.erasures as select 1 as one")
    run.warehouse.unlink()
    assert why_full_refresh(run) == "there is no earlier run to build on"
    assert forked(lambda _: month.take_in(run)).wait() == 0
    assert rows(run.warehouse, "select one from quality.erasures") == [(1,)]
    assert rows(run.warehouse, "select publication from quality.publications") == [
        (1,),
        (2,),
    ]
    assert sorted(kept_publications(run)) == [1, 2]
    assert differences(state(run), month.expected) == ["quality.erasures"]


def test_an_intake_that_is_deleted_and_a_second_run_meanwhile(
    month: Month, run: RunSettings
) -> None:
    run.intake.rename(run.intake.with_name("intake.duckdb.wal"))
    first = forked(lambda _: month.take_in(run))
    while not run.intake.exists():
        time.sleep(0.01)
    second = run_linkage(
        "run", "--extracts", run.extracts, "--warehouse", run.warehouse
    )
    assert second.returncode == 2
    assert second.stderr == (
        f"linkage: {run.warehouse}: another run is building it; "
        "wait until it has ended\n"
    )
    assert first.wait() == 0
    # The second one's log of itself.
    (run.build_folder / "runs.jsonl").unlink()
    month.assert_as_ever(run)
