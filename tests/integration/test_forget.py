"""A report that is forgotten is nowhere: deliveries, publications, what builds left."""

from __future__ import annotations

import gzip
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest

from expectations.record_audit import TABLES, create_tables
from linkage.base.errors import LinkageError
from linkage.base.quoting import quoted
from linkage.base.settings import PROJECT, RunSettings
from linkage.erasure.command import run_forget
from linkage.erasure.forget import forget
from linkage.erasure.retention import expired
from tests.deliveries import Tables, deliver, offence, sound, text, victim
from tests.integration.test_publication import READER, differences
from tests.running import (
    PublishedRun,
    command,
    environment,
    rows,
    run_linkage,
    start_linkage,
    start_python,
)

FORGOTTEN = "0412345/21"
OTHERS = ("0412346/21", "0412347/21")
IDENTITIES = (
    "crime_ref,victim_no,forename\n"
    f'{FORGOTTEN},1,"Some\none"\n{OTHERS[0]},1,"Any\none"\n'
)
FORMATS = ("csv", "csv.gz", "parquet")


@pytest.fixture
def delivered(tmp_path: Path) -> RunSettings:
    """Two deliveries of three reports, and no warehouse yet."""
    settings = RunSettings("cris", tmp_path / "extracts", tmp_path / "w.duckdb")
    for date in ("2021-05-01", "2021-06-01"):
        deliver(settings.extracts, three(), date=date)
    return settings


@pytest.fixture
def erasable(published: PublishedRun, tmp_path: Path) -> RunSettings:
    """A copy of a whole run that a test may change, with a kept publication."""
    settings = RunSettings("cris", tmp_path / "extracts", tmp_path / "cris.duckdb")
    shutil.copytree(published.settings.extracts, settings.extracts)
    shutil.copyfile(published.path, settings.warehouse)
    shutil.copytree(published.settings.data_docs, settings.data_docs)
    settings.build_folder.mkdir()
    shutil.copyfile(published.settings.intake, settings.intake)
    settings.publications.mkdir()
    os.link(settings.warehouse, settings.publications / "00002.duckdb")
    shutil.copyfile(published.path, settings.publications / "00001.duckdb")
    return settings


def three() -> Tables:
    return sound(FORGOTTEN, *OTHERS)


def a_report(settings: RunSettings) -> str:
    """A report with rows in as many tables as there are."""
    ((ref,), *_) = rows(
        settings.warehouse,
        "select crime_ref from quality.exceptions inner join drivers.design "
        "using (crime_ref) inner join marts.all_suspects using (crime_ref) "
        "order by crime_ref",
    )
    return str(ref)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def keyed_tables(warehouse: Path) -> list[str]:
    return [
        name
        for (name,) in rows(
            warehouse,
            "select schema_name || '.' || table_name from duckdb_columns() "
            "where column_name = 'crime_ref' order by all",
        )
    ]


def names_it(path: Path, ref: str) -> bool:
    """Does any column of any table of a database hold the reference? By other means."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
        return any(
            connection.execute(
                f"select count(*) from {name} as t where contains(t::varchar, ?)", [ref]
            ).fetchone()
            != (0,)
            for (name,) in tables
        )


# Deliveries ---------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_report_goes_from_every_format_and_every_other_row_stays(
    file_format: str, tmp_path: Path
) -> None:
    settings = RunSettings("cris", tmp_path / "extracts", tmp_path / "w.duckdb")
    folder = deliver(settings.extracts, three(), file_format=file_format)
    never = deliver(tmp_path / "never", sound(*OTHERS), file_format=file_format)
    for marked in (folder, never):
        (marked / "victim_identities.csv").write_text(IDENTITIES)
    before = contents(folder)
    proof = forget(settings, [FORGOTTEN])
    assert proof.reports == 1
    assert proof.rows_removed == 6
    assert all(place.left == 0 for place in proof.places)
    for extract in ("offences", "victims", "suspects"):
        left, expected = (
            read(place / f"{extract}.{file_format}") for place in (folder, never)
        )
        assert left == expected
    identities = (folder / "victim_identities.csv").read_text()
    assert identities == IDENTITIES.replace(f'{FORGOTTEN},1,"Some\none"\n', "")
    after = contents(folder)
    assert after.keys() == before.keys()
    assert FORGOTTEN.encode() not in b"".join(after.values())


def read(path: Path) -> Any:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    return (
        gzip.decompress(path.read_bytes())
        if path.suffix == ".gz"
        else (path.read_bytes())
    )


def test_files_that_do_not_hold_it_are_not_touched(delivered: RunSettings) -> None:
    other = deliver(delivered.extracts, sound(*OTHERS), date="2021-07-01")
    before = {path: path.stat() for path in other.iterdir()}
    forget(delivered, [FORGOTTEN])
    assert {path: path.stat() for path in other.iterdir()} == before


def test_a_file_keeps_its_permissions_and_a_link_to_it_stays_a_link(
    delivered: RunSettings, tmp_path: Path
) -> None:
    path = delivered.extracts / "2021-05-01" / "victims.csv"
    elsewhere = tmp_path / "store.csv"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    elsewhere.chmod(0o640)
    forget(delivered, [FORGOTTEN])
    assert path.is_symlink()
    assert elsewhere.stat().st_mode & 0o777 == 0o640
    assert FORGOTTEN not in elsewhere.read_text()


@pytest.mark.parametrize("number", ["int64", "float64"])
def test_a_reference_that_parquet_holds_as_a_number_is_found(
    number: str, delivered: RunSettings
) -> None:
    folder = delivered.extracts / "2021-05-01"
    frame = pd.DataFrame({"CRIME_REF": [1234567, 7654321], "flag": ["a", "b"]})
    path = folder / "more.parquet"
    frame.astype({"CRIME_REF": number}).to_parquet(path, row_group_size=1)
    forget(delivered, ["1234567"])
    assert pd.read_parquet(path).flag.tolist() == ["b"]


def test_a_delivery_of_which_nothing_is_left_goes_whole(delivered: RunSettings) -> None:
    (delivered.extracts / "2021-05-01" / "SIMULATED.txt").touch()
    (delivered.extracts / "2021-06-01" / "readme.txt").write_text("to be kept")
    proof = forget(delivered, [FORGOTTEN, *OTHERS])
    assert proof.emptied == ("2021-05-01",)
    assert [path.name for path in delivered.extracts.iterdir()] == ["2021-06-01"]
    (note,) = proof.notes
    assert "2021-06-01" in note
    assert "no offences" in note


# Publications -------------------------------------------------------------------------


def test_it_is_gone_from_the_warehouse_kept_publications_and_what_a_build_left(
    erasable: RunSettings,
) -> None:
    ref = a_report(erasable)
    with duckdb.connect(str(erasable.warehouse)) as connection:
        create_tables(connection)
        for table in ("record_audit_sheets", "record_audit_answers"):
            connection.execute(
                f"insert into quality.{table} by name select 'A0001' as audit, "
                f"unnest([{quoted(ref)}, 'another']) as crime_ref"
            ).fetchall()
    files = [erasable.warehouse, *sorted(erasable.publications.glob("*.duckdb"))]
    assert all(names_it(path, ref) for path in (*files, erasable.intake))
    keyed = keyed_tables(erasable.warehouse)
    assert {"marts.cases", "drivers.design", "quality.record_audit_sheets"} <= set(
        keyed
    )
    before = {name: counted(erasable.warehouse, name, ref) for name in keyed}

    proof = forget(erasable, [ref])
    assert not erasable.intake.exists()
    for path in files:
        assert not names_it(path, ref)
        assert ref.encode() not in path.read_bytes()
    removed = 0
    for name, (total, theirs) in before.items():
        assert counted(erasable.warehouse, name, ref) == (total - theirs, 0)
        removed += theirs
    by_place = {Path(place.place).name: place.removed for place in proof.places}
    assert by_place["cris.duckdb"] == removed
    assert by_place["00001.duckdb"] == removed - 2
    assert set(TABLES) <= set(tables(erasable.warehouse))


def counted(warehouse: Path, name: str, ref: str) -> tuple[int, int]:
    ((total, theirs),) = rows(
        warehouse,
        f"select count(*), count(*) filter (where crime_ref = ?) from {name}",
        ref,
    )
    return int(total), int(theirs)


def tables(warehouse: Path) -> dict[str, str]:
    return dict(
        rows(
            warehouse,
            "select schema_name || '.' || table_name, sql from duckdb_tables()",
        )
    )


def test_every_other_row_column_and_type_of_the_warehouse_stays(
    erasable: RunSettings, published: PublishedRun
) -> None:
    ref = a_report(erasable)
    forget(erasable, [ref])
    left, before = tables(erasable.warehouse), tables(published.path)
    assert "quality.erasures" in left
    assert {n: sql for n, sql in left.items() if n != "quality.erasures"} == before
    keyed = keyed_tables(published.path)
    with duckdb.connect() as connection:
        for name, path in (("l", published.path), ("r", erasable.warehouse)):
            connection.execute(f"attach '{path}' as {name} (read_only)").fetchall()
        ((tags,),) = connection.execute(
            "select tags from duckdb_databases() where database_name = 'r'"
        ).fetchall()
        assert tags["storage_version"].startswith("v1.3.0")
        for table in before:
            theirs = f"where crime_ref is distinct from {quoted(ref)}"
            kept = theirs if table in keyed else ""
            # In the same order, too.
            assert (
                connection.execute(f"select * from l.{table} {kept}").fetchall()
                == connection.execute(f"select * from r.{table}").fetchall()
            )


def test_the_warehouse_and_its_kept_publication_stay_one_file(
    erasable: RunSettings,
) -> None:
    before = erasable.warehouse.stat()
    forget(erasable, [a_report(erasable)])
    after = erasable.warehouse.stat()
    assert after.st_ino != before.st_ino
    assert after.st_ino == (erasable.publications / "00002.duckdb").stat().st_ino
    assert after.st_mode == before.st_mode


def test_a_reader_keeps_the_version_that_it_has_open(erasable: RunSettings) -> None:
    ((cases,),) = rows(erasable.warehouse, "select count(*) from marts.cases")
    with start_python(READER, erasable.warehouse) as reader:
        forget(erasable, [a_report(erasable)])
        out, _ = reader.communicate("count\n", timeout=20)
    assert int(out) == cases
    assert rows(erasable.warehouse, "select count(*) from marts.cases") == [
        (cases - 1,)
    ]


def test_the_history_tells_how_many_and_why_but_not_which(
    erasable: RunSettings,
) -> None:
    ref = a_report(erasable)
    proof = forget(erasable, [ref, "not there"], reason="retention")
    ((reports, reason, removed, places),) = rows(
        erasable.warehouse,
        "select reports, reason, rows_removed, places from quality.erasures",
    )
    assert (proof.reports, proof.not_found) == (1, 1)
    assert (reports, reason, removed) == (1, "retention", proof.rows_removed)
    assert places == sum(place.removed > 0 for place in proof.places)
    forget(erasable, [a_report(erasable)])
    assert len(rows(erasable.warehouse, "from quality.erasures")) == 2


def test_it_goes_from_every_version_of_a_spark_warehouse(
    published: PublishedRun, tmp_path: Path
) -> None:
    settings = RunSettings(
        "cris", tmp_path / "extracts", tmp_path / "cris.spark", engine="spark"
    )
    settings.extracts.mkdir()
    ref = a_report(published.settings)
    as_versions(published.path, settings.warehouse)
    proof = forget(settings, [ref])
    assert proof.is_recorded
    current = (settings.warehouse / "current").resolve()
    assert current.name == "00003"
    found = list((settings.warehouse / "versions").rglob("*.parquet"))
    with duckdb.connect() as connection:
        for path in found:
            count = connection.execute(
                "select count(*) from read_parquet(?, hive_partitioning = false) as t "
                "where contains(t::varchar, ?)",
                [str(path), ref],
            ).fetchall()
            assert count == [(0,)]
        ((cases, reports),) = connection.execute(
            f"select (select count(*) from '{current}/marts/cases/**/*.parquet'), "
            f"(select sum(reports) from '{current}/quality/erasures/*.parquet')"
        ).fetchall()
    assert (cases + 1, reports) == (
        rows(published.path, "select count(*) from marts.cases")[0][0],
        1,
    )
    # One file under two versions before, one file after.
    part = "marts/cases/delivery=2023-07-01/part-0.parquet"
    one, other = (
        settings.warehouse / "versions" / n / part for n in ("00001", "00002")
    )
    assert one.stat().st_ino == other.stat().st_ino


def as_versions(source: Path, warehouse: Path) -> None:
    """The tables of a DuckDB warehouse as two versions of Parquet files."""
    first, second = (warehouse / "versions" / name for name in ("00001", "00002"))
    with duckdb.connect(str(source), read_only=True) as connection:
        for name in tables(source):
            folder = first / name.replace(".", "/")
            path = folder / "part-0.parquet"
            if name == "marts.cases":
                path = folder / "delivery=2023-07-01" / "part-0.parquet"
            path.parent.mkdir(parents=True)
            connection.execute(f"copy {name} to '{path}' (format parquet)").fetchall()
    shutil.copytree(first, second, copy_function=os.link)
    (warehouse / "current").symlink_to("versions/00002")


# The next run -------------------------------------------------------------------------


@pytest.fixture
def warm(standing: RunSettings, published: PublishedRun) -> Iterator[RunSettings]:
    """The standing copy, where dbt has the project in mind already; put back after."""
    yield standing
    shutil.copyfile(published.path, standing.warehouse)
    shutil.rmtree(standing.data_docs, ignore_errors=True)
    shutil.rmtree(standing.publications, ignore_errors=True)


def test_the_next_run_is_as_if_it_had_never_been_delivered(
    warm: RunSettings, tmp_path: Path
) -> None:
    with_it, never = tmp_path / "with", tmp_path / "never"
    others = [f"{n:07}/21" for n in range(20)]
    for folder, refs in ((with_it, [*others, FORGOTTEN]), (never, others)):
        tables = sound(*refs)
        tables["victims"].append(victim(refs[0], age_at_report="abc"))
        tables["victims"].append(victim(refs[-1], victim_no="2", sex="?"))
        if folder == never:
            tables["victims"].pop()
        deliver(folder, tables, date="2021-05-01", file_format="csv.gz")
        deliver(folder, sound(*refs), date="2021-06-01")
    settings = RunSettings("cris", with_it, warm.warehouse)
    publish(settings)
    assert names_it(warm.warehouse, FORGOTTEN)
    asked = run_linkage(
        "forget", "--crime-ref", FORGOTTEN, "--extracts", with_it,
        "--warehouse", warm.warehouse,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert "Forgotten: 1 crime report (request)" in asked.stdout
    assert FORGOTTEN not in asked.stdout + asked.stderr
    publish(settings)
    after = tmp_path / "after.duckdb"
    shutil.copyfile(warm.warehouse, after)
    assert rows(after, "select reports from quality.erasures") == [(1,)]
    publish(RunSettings("cris", never, warm.warehouse))
    assert differences(warm.warehouse, after) == []


def publish(settings: RunSettings) -> None:
    done = run_linkage(
        "run", "--until", "publication", "--extracts", settings.extracts,
        "--warehouse", settings.warehouse,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# An erasure that ends badly -----------------------------------------------------------


def arguments(settings: RunSettings) -> list[str]:
    return [
        "--extracts",
        str(settings.extracts),
        "--warehouse",
        str(settings.warehouse),
    ]


def test_a_full_disk_leaves_every_file_whole_and_the_same_call_finishes_it(
    erasable: RunSettings,
) -> None:
    ref = a_report(erasable)
    before = contents(erasable.extracts.parent)
    limit = 4_000_000  # extracts are smaller, a warehouse is larger
    assert max(p.stat().st_size for p in erasable.extracts.rglob("*.csv")) < limit
    done = run_linkage(
        "forget", "--crime-ref", ref, *arguments(erasable),
        preexec=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be written" in done.stderr
    assert ref not in done.stdout + done.stderr
    after = contents(erasable.extracts.parent)
    assert not [name for name in after if ".forgetting" in name]
    for name, content in after.items():
        whole = before.get(name, content)
        assert content in (whole, without(whole, ref))
    assert after["cris.duckdb"] == before["cris.duckdb"]
    forget(erasable, [ref])
    assert not names_it(erasable.warehouse, ref)


def without(content: bytes, ref: str) -> bytes:
    """A simulated extract has a row to a line."""
    lines = content.splitlines(keepends=True)
    theirs = (f"{ref},".encode(), f'"{ref}",'.encode())
    return b"".join(line for line in lines if not line.startswith(theirs))


@pytest.mark.parametrize("moment", ["offences.csv: done", "00001.duckdb: done"])
def test_killed_at_any_moment_every_file_is_whole_and_the_same_call_finishes_it(
    moment: str, erasable: RunSettings
) -> None:
    ref = a_report(erasable)
    before = contents(erasable.extracts)
    started = start_linkage("forget", "--crime-ref", ref, *arguments(erasable))
    assert started.stdout is not None
    line = " "
    while line and moment not in line:
        line = started.stdout.readline()
    assert line, "the erasure ended before it could be killed"
    started.kill()
    started.communicate()
    for name, content in contents(erasable.extracts).items():
        if ".forgetting" not in name:
            assert content in (before[name], without(before[name], ref))
    # Whatever was being written when it ended:
    (erasable.extracts / "2023-07-01" / "victims.csv.forgetting").write_text(ref)
    (erasable.publications / "00001.duckdb.forgetting").write_text(ref)
    forget(erasable, [ref])
    for path in (erasable.warehouse, *erasable.publications.glob("*.duckdb")):
        assert not names_it(path, ref)
    left = contents(erasable.extracts.parent)
    assert not [name for name in left if ".forgetting" in name]
    assert not [name for name, content in left.items() if ref.encode() in content]


# What is refused ----------------------------------------------------------------------


def refused(settings: RunSettings, *refs: str) -> str:
    """The one line of a refusal that changed nothing and names no reference."""
    root = settings.extracts.parent
    before = contents(root)
    with pytest.raises(LinkageError) as caught:
        forget(settings, refs or [FORGOTTEN])
    message = str(caught.value)
    assert contents(root) == before
    assert "\n" not in message
    assert FORGOTTEN not in message
    return message


def test_a_reference_that_is_nowhere_is_refused(delivered: RunSettings) -> None:
    message = refused(delivered, "0499999/21")
    assert message.startswith("1 crime report is in no delivery and no publication")
    assert "2 crime reports are in no" in refused(delivered, "0499999/21", "x")


def test_asked_again_there_is_nothing_to_forget(delivered: RunSettings) -> None:
    forget(delivered, [FORGOTTEN])
    assert "in no delivery and no publication" in refused(delivered)


def test_public_data_is_refused(delivered: RunSettings) -> None:
    settings = RunSettings("nibrs", delivered.extracts, delivered.warehouse)
    assert "NIBRS is public data" in refused(settings)


def test_deliveries_that_are_not_there_are_refused(delivered: RunSettings) -> None:
    elsewhere = delivered.extracts.with_name("elsewhere")
    settings = RunSettings("cris", elsewhere, delivered.warehouse)
    assert "no such folder" in refused(settings)


def test_another_reports_row_that_names_it_is_for_a_person_to_mend(
    delivered: RunSettings,
) -> None:
    folder = delivered.extracts / "2021-05-01"
    tables = three()
    columns = ("note", "crime_ref", "flag")
    (folder / "flags.csv").write_text(
        text(
            "flags",
            [
                *tables["flags"],
                {"crime_ref": "Z", "flag": "", "note": f"v {FORGOTTEN}"},
            ],
            columns,
        )
    )
    message = refused(delivered)
    assert str(folder / "flags.csv") in message
    assert "nothing was changed" in message


def test_a_page_or_event_store_that_names_it_is_said_and_nothing_is_changed(
    delivered: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = delivered.extracts.with_name("dagster")
    home.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    for folder in (delivered.data_docs, delivered.site, home):
        folder.mkdir(exist_ok=True)
        page = folder / "page.html"
        page.write_text(f"<p>{FORGOTTEN}</p>")
        assert str(page) in refused(delivered)
        page.unlink()


def test_a_column_of_a_warehouse_that_names_it_is_said(erasable: RunSettings) -> None:
    ref = a_report(erasable)
    with duckdb.connect(str(erasable.warehouse)) as connection:
        connection.execute(
            f"update quality.gaps set description = 'see {ref}'"
        ).fetchall()
    message = refused(erasable, ref)
    assert "quality.gaps, column" in message
    assert ref not in message


def test_rows_that_cannot_be_told_apart_are_refused(delivered: RunSettings) -> None:
    path = delivered.extracts / "2021-05-01" / "flags.csv"
    path.write_text(f'crime_ref,flag\n{FORGOTTEN},"open\n')
    assert "unbalanced quotes" in refused(delivered)


# The command --------------------------------------------------------------------------


def test_what_is_printed_counts_and_names_places_but_no_report(
    erasable: RunSettings,
) -> None:
    ref = a_report(erasable)
    stated: list[str] = []
    printed = run_forget(erasable, [ref], None, None, progress=stated.append)
    assert printed[0] == "Forgotten: 1 crime report (request)"
    assert ref not in "\n".join([*printed, *stated])
    assert any(str(erasable.warehouse) in line for line in printed)
    assert any("until the next `linkage run`" in line for line in printed)
    assert any(line.startswith("Out of reach: backups") for line in printed)


def test_references_come_from_a_file_or_from_standard_input(
    delivered: RunSettings, tmp_path: Path
) -> None:
    listed = tmp_path / "refs.txt"
    listed.write_text(f"\ufeff{FORGOTTEN}\r\n\r\n  {OTHERS[0]} \n")
    printed = run_forget(delivered, [], listed, None)
    assert printed[0] == "Forgotten: 2 crime reports (request)"
    done = subprocess.run(
        command("forget", "--from-file", "-", *arguments(delivered)),
        cwd=PROJECT, env=environment(), input=OTHERS[1], capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "1 crime report" in done.stdout


def test_those_beyond_the_retention_period_are_forgotten(
    delivered: RunSettings,
) -> None:
    tables = sound("0500000/22")
    tables["offences"] = [offence("0500000/22", recorded_on="2022-05-03")]
    deliver(delivered.extracts, tables, date="2022-06-01")
    assert run_forget(delivered, [], None, 24) == [
        "No crime report is older than 24 months."
    ]
    env = {"LINKAGE_RETENTION_MONTHS": "12"}
    unset = run_linkage("forget", "--expired", *arguments(delivered))
    assert unset.returncode == 2
    assert "LINKAGE_RETENTION_MONTHS" in unset.stderr
    done = run_linkage("forget", "--expired", *arguments(delivered), env=env)
    assert done.returncode == 0, done.stderr
    assert "Forgotten: 3 crime reports (retention)" in done.stdout
    assert [path.name for path in delivered.extracts.iterdir()] == ["2022-06-01"]
    assert expired(delivered, 12) == []


@pytest.mark.parametrize("how", [([], None), (["x"], 12)])
def test_reports_are_named_or_expired_and_not_both(
    how: tuple[list[str], int | None], delivered: RunSettings
) -> None:
    with pytest.raises(LinkageError, match="--crime-ref or --from-file"):
        run_forget(delivered, how[0], None, how[1])


def test_exports_elsewhere_are_mended_when_they_are_named(
    delivered: RunSettings, tmp_path: Path
) -> None:
    export = tmp_path / "elsewhere" / "west.csv"
    export.parent.mkdir()
    export.write_text(f"mend_rank,crime_ref\n1,{FORGOTTEN}\n2,{OTHERS[0]}\n")
    run_forget(delivered, [FORGOTTEN], None, None, also=[export.parent])
    assert export.read_text() == f"mend_rank,crime_ref\n2,{OTHERS[0]}\n"
