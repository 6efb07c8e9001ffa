"""Publications are numbered, kept, compared and brought back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.publication.diff import diff_publications
from linkage.publication.kept import kept_publications, open_publication
from linkage.publication.publish import (
    next_version,
    one_run_at_a_time,
    rollback,
)
from tests.building import publish_changed
from tests.running import PublishedRun, run_linkage


@pytest.fixture
def warehouse(published: PublishedRun, tmp_path: Path) -> RunSettings:
    """A warehouse published twice: the second time without the suspects' cases.

    The first is no longer kept.
    """
    copy = tmp_path / "cris.duckdb"
    shutil.copyfile(published.path, copy)
    settings = RunSettings("cris", published.settings.extracts, copy)
    with one_run_at_a_time(settings):
        publish_changed(
            settings,
            "delete from marts.cases where is_suspect_recorded",
            "update marts.withdrawal_rates set withdrawal_rate = withdrawal_rate + 0.2 "
            "where crime_area = 'All crime' and dimension = 'all'",
            "update quality.gaps set is_within_tolerance = false, share = 0.9 "
            "where gap = 'victim_not_recorded'",
        )
    kept_publications(settings)[1].unlink()
    return settings


def rows(path: Path, query: str) -> list[Any]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def count(path: Path) -> int:
    return int(rows(path, "select count(*) from marts.cases")[0][0])


def test_publications_are_numbered_and_say_what_produced_them(
    warehouse: RunSettings,
) -> None:
    found = rows(
        warehouse.warehouse,
        "select publication, deliveries, latest_delivery, restores, "
        "json_extract_string(settings, '$.engine') from quality.publications "
        "order by publication",
    )
    assert [row[0] for row in found] == [1, 2]
    assert {row[1:] for row in found} == {(1, "2023-07-01", None, "duckdb")}
    files = rows(
        warehouse.warehouse,
        "select extract, sha256 from quality.publication_deliveries "
        "where publication = 2 order by extract",
    )
    assert files == rows(
        warehouse.warehouse,
        "select extract, sha256 from quality.deliveries order by extract",
    )
    assert len(files) == 5


def test_each_publication_is_kept_and_can_be_read(
    warehouse: RunSettings, published: PublishedRun
) -> None:
    assert sorted(kept_publications(warehouse)) == [2]
    with one_run_at_a_time(warehouse):
        publish_changed(warehouse)
    assert sorted(kept_publications(warehouse)) == [2, 3]
    with open_publication(warehouse, 2) as connection:
        found = connection.execute("select count(*) from marts.cases").fetchone()
    assert found == (count(warehouse.warehouse),)
    assert 0 < count(warehouse.warehouse) < count(published.path)


def test_the_oldest_is_forgotten_when_there_are_more_than_the_setting_says(
    warehouse: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKAGE_KEPT_PUBLICATIONS", "2")
    settings = RunSettings("cris", warehouse.extracts, warehouse.warehouse)
    with one_run_at_a_time(settings):
        publish_changed(settings)
        publish_changed(settings)
    assert sorted(kept_publications(settings)) == [3, 4]
    assert {path.name for path in settings.publications.iterdir()} == {
        "00003.duckdb",
        "00003.data_docs",
        "00004.duckdb",
        "00004.data_docs",
    }
    assert len(rows(settings.warehouse, "select * from quality.publications")) == 4


def test_what_is_written_on_a_publication_is_kept_with_it(
    warehouse: RunSettings,
) -> None:
    with (
        one_run_at_a_time(warehouse),
        next_version(warehouse, ["marts.note"]) as connection,
    ):
        connection.execute("create table marts.note as select 1 as one").fetchall()
    with open_publication(warehouse, 2) as connection:
        assert connection.execute("select one from marts.note").fetchall() == [(1,)]


@pytest.mark.parametrize("kept", ["0", "many"])
def test_a_bad_number_of_kept_publications_is_refused(
    kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINKAGE_KEPT_PUBLICATIONS", kept)
    with pytest.raises(LinkageError, match="LINKAGE_KEPT_PUBLICATIONS"):
        RunSettings("cris", Path(), Path())


def test_a_rollback_is_a_publication_of_its_own_and_loses_no_history(
    warehouse: RunSettings,
) -> None:
    before = count(warehouse.warehouse)
    with one_run_at_a_time(warehouse):
        publish_changed(warehouse, "delete from marts.cases where bcu = 'North Area'")
    assert count(warehouse.warehouse) < before
    done = run_linkage("rollback", "2", "--warehouse", warehouse.warehouse)
    assert done.returncode == 0, done.stderr
    assert count(warehouse.warehouse) == before
    assert rows(
        warehouse.warehouse,
        "select publication, restores from quality.publications order by publication",
    ) == [(1, None), (2, None), (3, None), (4, 2)]
    assert sorted(kept_publications(warehouse)) == [2, 3, 4]


def test_a_rollback_brings_back_its_data_docs(warehouse: RunSettings) -> None:
    first = (warehouse.data_docs / "index.html").read_text()
    with one_run_at_a_time(warehouse):
        publish_changed(warehouse)
        assert (warehouse.data_docs / "index.html").read_text() != first
        rollback(warehouse, 2)
    assert (warehouse.data_docs / "index.html").read_text() == first


def test_a_publication_that_is_not_kept_is_one_line(warehouse: RunSettings) -> None:
    before = warehouse.warehouse.read_bytes()
    for arguments in (["rollback", "1"], ["diff", "1", "2"]):
        done = run_linkage(*arguments, "--warehouse", warehouse.warehouse)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert "publication 1 is not kept; there are 2" in done.stderr
    assert warehouse.warehouse.read_bytes() == before


def test_a_diff_tells_counts_rates_and_gaps_that_moved(warehouse: RunSettings) -> None:
    with one_run_at_a_time(warehouse):
        publish_changed(
            warehouse,
            "delete from marts.cases where bcu = 'North Area'",
            "update marts.withdrawal_rates set withdrawal_rate = withdrawal_rate - 0.4 "
            "where crime_area = 'All crime' and dimension = 'all'",
            "update quality.gaps set is_within_tolerance = true, share = 0.01 "
            "where gap = 'victim_not_recorded'",
        )
    diff = diff_publications(warehouse, 2, 3)
    assert [change.name for change in diff.rows] == [("marts.cases",)]
    assert diff.rows[0].after == count(warehouse.warehouse)
    assert ("All crime", "all", "All cases") in [change.name for change in diff.rates]
    assert [change.name[0] for change in diff.gaps_closed] == ["victim_not_recorded"]
    assert diff.gaps_opened == []
    back = diff_publications(warehouse, 3, 2)
    assert [change.name for change in back.gaps_opened] == [
        change.name for change in diff.gaps_closed
    ]
    done = run_linkage("diff", "2", "3", "--warehouse", warehouse.warehouse)
    assert done.returncode == 0, done.stderr
    assert "victim_not_recorded" in done.stdout
    assert "marts.cases" in done.stdout


def test_a_diff_says_of_a_model_without_a_fit_that_it_is_not_fitted(
    warehouse: RunSettings,
) -> None:
    with one_run_at_a_time(warehouse):
        publish_changed(
            warehouse,
            "update drivers.models set auc = null, converged = false "
            "where model = '00'",
        )
        publish_changed(
            warehouse, "drop table drivers.models", "drop table drivers.odds_ratios"
        )
    one_less = run_linkage("diff", "2", "3", "--warehouse", warehouse.warehouse)
    (line,) = (row for row in one_less.stdout.splitlines() if "not fitted" in row)
    assert line.split()[0] == "00"
    assert line.split()[-2:] == ["not", "fitted"]
    none = run_linkage("diff", "3", "4", "--warehouse", warehouse.warehouse).stdout
    assert "Publication 4: its driver models are not fitted" in none
    assert "Driver models (AUC): not compared" in none
    (line,) = (row for row in none.splitlines() if "drivers.models" in row)
    assert line.split()[-2:] == ["not", "there"]


def test_a_publication_does_not_differ_from_itself(warehouse: RunSettings) -> None:
    diff = diff_publications(warehouse, 2, 2)
    assert not [*diff.rows, *diff.rates, *diff.gaps_opened, *diff.gaps_closed]
    assert not diff.models


def test_the_list_says_which_are_kept(warehouse: RunSettings) -> None:
    done = run_linkage("publications", "--warehouse", warehouse.warehouse)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    listed = {line[0]: line[-1] for line in lines if line and line[0] in ("1", "2")}
    assert listed == {"1": "2023-07-01", "2": "yes"}
