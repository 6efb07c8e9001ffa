"""Only what has changed is built, and what comes of it is what building all gives."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from linkage.base.errors import UnreadableInputError
from linkage.base.settings import RunSettings
from linkage.extracts import changes
from linkage.extracts.changes import find_changes
from linkage.extracts.deliveries import find_deliveries
from linkage.extracts.load import load_source
from linkage.publication import build_state
from linkage.publication.publish import publish, rollback
from tests.building import build_models
from tests.deliveries import Tables, deliver, offence, sound, suspect, victim

REFERENCES = ("A/21", "B/21", "C/21", "D/21")
DATES = ("2021-05-01", "2021-06-01", "2021-07-01", "2021-08-01")
OUTCOMES = ("", "16", "14", "01", "NC", "nonsense")
# Tables whose rows say when or where, or that a rebuild alone has.
APART = {"publications", "publication_deliveries", "build_state", "deliveries"}


@st.composite
def reports(draw: st.DrawFn) -> Tables:
    """Crime reports, whole or with something wrong, two of them alike at times."""
    tables: Tables = {
        "offences": [],
        "victims": [],
        "suspects": [],
        "flags": [],
        "knife_crime_features": [],
    }
    for ref in draw(
        st.lists(st.sampled_from(REFERENCES), min_size=1, unique=True, max_size=3)
    ):
        tables["offences"] += [
            offence(ref, outcome_code=draw(st.sampled_from(OUTCOMES)))
        ] * draw(st.sampled_from((1, 1, 1, 2)))
        for number in range(draw(st.integers(0, 2))):
            tables["victims"].append(victim(ref, victim_no=str(number + 1)))
        if draw(st.booleans()):
            tables["suspects"].append(suspect(f" {ref} "))
        if draw(st.booleans()):
            tables["flags"].append({"crime_ref": ref, "flag": "Domestic Incident"})
    # Rows of no crime report, or of one that is not delivered.
    for stray in draw(st.sets(st.sampled_from(("", *REFERENCES)), max_size=2)):
        tables["victims"].append(victim(stray, victim_no="9"))
    return tables


class Deliveries(RuleBasedStateMachine):
    """Deliveries come late, twice, corrected, and go; each time they are taken in."""

    folder: Path

    @initialize(tables=reports())
    def begin(self, tables: Tables) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.settings = RunSettings(
            "cris",
            self.folder / "extracts",
            self.folder / "cris.duckdb",
            accept_fewer=True,
        )
        self.there: dict[str, Tables] = {}
        self.put(DATES[1], tables)
        take_in(self.settings)

    def put(self, date: str, tables: Tables) -> None:
        shutil.rmtree(self.settings.extracts / date, ignore_errors=True)
        deliver(self.settings.extracts, tables, date=date)
        self.there[date] = tables

    @rule(date=st.sampled_from(DATES), tables=reports())
    def arrives_or_is_corrected(self, date: str, tables: Tables) -> None:
        self.put(date, tables)
        take_in(self.settings)

    @precondition(lambda self: len(self.there) > 1)
    @rule(data=st.data())
    def is_withdrawn(self, data: st.DataObject) -> None:
        date = data.draw(st.sampled_from(sorted(self.there)))
        shutil.rmtree(self.settings.extracts / date)
        del self.there[date]
        take_in(self.settings)

    @rule(data=st.data())
    def comes_again_as_it_was(self, data: st.DataObject) -> None:
        date = data.draw(st.sampled_from(sorted(self.there)))
        self.put(date, self.there[date])
        take_in(self.settings)

    def teardown(self) -> None:
        if hasattr(self, "settings"):
            assert_equal_to_a_full_refresh(self.settings)


def take_in(run: RunSettings) -> None:
    """Load, build and publish, as a run does, but for audit and driver models."""
    load_source(run, only_changes=True)
    build_models(run, "seed", "model")
    publish(run)


def assert_equal_to_a_full_refresh(run: RunSettings) -> None:
    full_refresh = replace(
        run, warehouse=run.warehouse.with_name("full_refresh.duckdb"), full_refresh=True
    )
    take_in(full_refresh)
    for path, other in (
        (run.warehouse, full_refresh.warehouse),
        (run.intake, full_refresh.intake),
    ):
        expected = contents(other)
        found = contents(path)
        assert found.keys() == expected.keys()
        for name, rows in expected.items():
            assert found[name] == rows, name


def contents(path: Path) -> Mapping[str, list[str]]:
    """The rows of every table, in one order; but for what is a rebuild's alone."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where table_name != 'changed_crime_reports'"
        ).fetchall()
        return {
            name: sorted(
                map(repr, connection.execute(f"select * from {name}").fetchall())
            )
            for (name,) in names
            if name.rpartition(".")[2] not in APART
        }


@pytest.fixture(autouse=True)
def anything_is_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small a delivery would always name most crime reports."""
    monkeypatch.setattr(changes, "MOST_CHANGED", 1.0)


def test_any_sequence_of_deliveries_ends_as_if_built_at_once(tmp_path: Path) -> None:
    Deliveries.folder = tmp_path / "machine"
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Deliveries,
        settings=settings(
            max_examples=2,
            stateful_step_count=5,
            deadline=None,
            derandomize=True,
            # To shrink what fails would take an hour.
            phases=[Phase.generate],
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_another_spelling_in_a_later_delivery_changes_no_earlier_report(
    tmp_path: Path,
) -> None:
    run = RunSettings("cris", tmp_path / "extracts", tmp_path / "cris.duckdb")
    deliver(run.extracts, sound(*REFERENCES), date=DATES[0])
    take_in(run)
    spelled = {
        "offence": "COMMON ASSAULT",
        "major_crime": "VIOLENCE  AGAINST THE PERSON",
        "minor_crime": "A minor crime of no list",
    }
    later = sound("E/21")
    later["offences"] = [offence("E/21", **spelled)]
    deliver(run.extracts, later, date=DATES[1])
    take_in(run)
    with duckdb.connect(str(run.warehouse), read_only=True) as connection:
        found = connection.execute(
            "select crime_ref, offence from marts.cases order by crime_ref"
        ).fetchall()
    assert found[0] == ("A/21", "Common assault")
    assert found[-1] == ("E/21", "COMMON ASSAULT")
    assert_equal_to_a_full_refresh(run)


# What has changed ---------------------------------------------------------------------


@pytest.fixture
def loaded(tmp_path: Path) -> RunSettings:
    """Two deliveries in an intake, their files no longer young."""
    run = RunSettings("cris", tmp_path / "extracts", tmp_path / "cris.duckdb")
    for date in DATES[:2]:
        deliver(run.extracts, sound("A/21", "B/21"), date=date)
    time.sleep(2.1)
    load_source(run)
    return run


def found(run: RunSettings) -> tuple[list[str], list[str], list[str], int, int]:
    """Names of deliveries new, changed, withdrawn; how many are not; files touched."""
    with duckdb.connect(str(run.intake), read_only=True) as connection:
        one = find_changes(connection, find_deliveries(run.extracts))
    return (
        [delivery.name for delivery in one.added],
        [delivery.name for delivery in one.changed],
        list(one.withdrawn),
        one.unchanged,
        len(one.stamps),
    )


def test_what_is_as_it_was_is_not_read_again(
    loaded: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> str:
        raise AssertionError(path)

    monkeypatch.setattr("linkage.extracts.records.checksum", refuse)
    assert found(loaded) == ([], [], [], 2, 0)


def test_new_late_changed_and_withdrawn_deliveries_are_told_apart(
    loaded: RunSettings,
) -> None:
    deliver(loaded.extracts, date="2021-04-01")
    victims = loaded.extracts / DATES[0] / "victims.csv"
    victims.write_text(victims.read_text().replace("34", "35"))
    shutil.rmtree(loaded.extracts / DATES[1])
    assert found(loaded) == (["2021-04-01"], [DATES[0]], [DATES[1]], 0, 0)


def test_the_same_content_written_again_is_no_change(loaded: RunSettings) -> None:
    victims = loaded.extracts / DATES[0] / "victims.csv"
    victims.write_text(victims.read_text())
    assert found(loaded) == ([], [], [], 2, 1)


def test_a_change_of_no_size_at_the_old_time_is_seen(loaded: RunSettings) -> None:
    victims = loaded.extracts / DATES[0] / "victims.csv"
    before = victims.stat()
    victims.write_text(victims.read_text().replace("34", "35"))
    os.utime(victims, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert victims.stat().st_size == before.st_size
    assert victims.stat().st_mtime_ns == before.st_mtime_ns
    assert found(loaded)[1] == [DATES[0]]


def test_another_format_is_a_change(loaded: RunSettings) -> None:
    shutil.rmtree(loaded.extracts / DATES[0])
    deliver(loaded.extracts, sound("A/21", "B/21"), date=DATES[0], file_format="csv.gz")
    assert found(loaded)[1] == [DATES[0]]


def test_a_file_written_to_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunSettings("cris", tmp_path / "extracts", tmp_path / "cris.duckdb")
    victims = deliver(run.extracts) / "victims.csv"
    from linkage.extracts import records

    read = records._load_csv

    def meanwhile(*args: Any) -> Any:
        loaded = read(*args)
        with victims.open("a") as stream:
            stream.write("Z/21,1\n")
        return loaded

    monkeypatch.setattr(records, "_load_csv", meanwhile)
    with pytest.raises(UnreadableInputError, match="was written to while"):
        load_source(run)


# When all is built --------------------------------------------------------------------


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> RunSettings:
    """A published warehouse of one delivery and its intake; each test takes a copy."""
    folder = tmp_path_factory.mktemp("taken_in")
    run = RunSettings("cris", folder / "extracts", folder / "cris.duckdb")
    deliver(run.extracts, sound(*REFERENCES), date=DATES[0])
    take_in(run)
    return run


@pytest.fixture
def ready(taken_in: RunSettings, tmp_path: Path) -> RunSettings:
    folder = taken_in.warehouse.parent
    shutil.copytree(folder, tmp_path / "run")
    return replace(
        taken_in,
        extracts=tmp_path / "run" / "extracts",
        warehouse=tmp_path / "run" / "cris.duckdb",
    )


def test_only_what_has_changed_is_built_where_all_is_as_it_was(
    ready: RunSettings,
) -> None:
    assert build_state.why_full_refresh(ready) is None


def test_what_began_and_did_not_end_is_built_from_scratch(ready: RunSettings) -> None:
    deliver(ready.extracts, sound("A/21"), date=DATES[1])
    load_source(ready, only_changes=True)
    assert build_state.why_full_refresh(ready) == ("the last run did not end well")


def test_a_delivery_that_cannot_be_read_leaves_the_intake_of_use(
    ready: RunSettings,
) -> None:
    deliver(ready.extracts, date=DATES[1], files={"victims": "no such columns\n"})
    with pytest.raises(UnreadableInputError, match="column crime_ref is missing"):
        load_source(ready, only_changes=True)
    assert build_state.why_full_refresh(ready) is None


def test_a_rollback_takes_the_intakes_place(ready: RunSettings) -> None:
    rollback(ready, 1)
    assert (
        build_state.why_full_refresh(ready)
        == "another publication has taken the last run's place"
    )


def test_other_code_or_another_period_builds_all(
    ready: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = "the code or the study period has changed"
    assert (
        build_state.why_full_refresh(replace(ready, study_from="2021-01-01")) == changed
    )
    monkeypatch.setattr(build_state, "CODE", ("models", "macros", "docs"))
    assert build_state.why_full_refresh(ready) == changed


def test_a_lost_or_damaged_file_builds_all(ready: RunSettings) -> None:
    ready.intake.write_bytes(b"no database")
    assert build_state.why_full_refresh(ready) == "the last run's intake can't be read"
    ready.warehouse.unlink()
    assert build_state.why_full_refresh(ready) == "there is no earlier run to build on"


def test_what_asks_for_it_builds_all(ready: RunSettings) -> None:
    assert (
        build_state.why_full_refresh(replace(ready, full_refresh=True))
        == "it was asked for"
    )
    assert build_state.why_full_refresh(replace(ready, source="nibrs")) == (
        "this source is always built as a whole"
    )


def test_where_most_are_named_all_are_built(
    ready: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_CHANGED", 0.4)
    deliver(ready.extracts, sound(*REFERENCES[:3]), date=DATES[1])
    stated: list[str] = []
    load_source(ready, stated.append, only_changes=True)
    why = "6 of 7 offences are of changed crime reports"
    assert f"builds everything, because {why}" in stated
    with duckdb.connect(str(ready.intake), read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables()").fetchall()
    assert ("changed_crime_reports",) not in names


def test_a_month_is_built_again_when_asked(ready: RunSettings) -> None:
    load_source(replace(ready, months=("2021-04",)), only_changes=True)
    with duckdb.connect(str(ready.intake), read_only=True) as connection:
        named = connection.execute(
            "select crime_ref from raw.changed_crime_reports order by 1"
        ).fetchall()
    assert [ref for (ref,) in named] == ["", *REFERENCES]
