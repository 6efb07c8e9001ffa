"""A violent crime that is forgotten takes along what it alone leads to."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.erasure.command import run_forget
from linkage.erasure.forget import forget
from linkage.extracts.deliveries import find_deliveries
from linkage.extracts.layouts import VIOLENT_CRIME
from linkage.extracts.records import load_deliveries
from tests.integration.test_forget import arguments, keyed_tables, names_it, read
from tests.running import PublishedRun, rows, run_linkage, start_linkage
from tests.violent_crime_tables import Rows, deliver_violent_crimes

FORGOTTEN, OTHER = "20WM/0412345", "20WM/0412346"
DATES = ("2021-05-01", "2021-06-01")
FORMATS = ("csv", "csv.gz", "parquet")


def two_deliveries(
    extracts: Path, *refs: str, stay: str, file_format: str = "csv"
) -> list[Path]:
    """Two crimes; the older delivery has another incident and offender of the first.

    Without the first, only the persons that `stay` have mentions, and its own incident
    is not there.
    """
    return [
        deliver_violent_crimes(
            extracts,
            {
                extract: [row for row in own if row.get("crime_ref", refs[0]) in refs]
                for extract, own in everything(date, refs, stay).items()
            },
            date=date,
            file_format=file_format,
        )
        for date in DATES
    ]


def everything(date: str, refs: tuple[str, ...], stay: str) -> Rows:
    is_older = date == DATES[0]
    shared, own = "CC2", "CC1"
    day = {"occurred_on": "2020-03-01"}
    incidents = [own, shared, "CC9"] if FORGOTTEN in refs else [shared, "CC9"]
    return {
        "crimes": [
            {
                "crime_ref": FORGOTTEN,
                "incident_ref": own if is_older else shared,
                **day,
            },
            {"crime_ref": OTHER, "incident_ref": shared, **day},
        ],
        "victims": [
            {"crime_ref": FORGOTTEN, "victim_no": "1", "person_ref": " N1 "},
            {"crime_ref": FORGOTTEN, "victim_no": "2", "person_ref": "N2"},
            {"crime_ref": OTHER, "victim_no": "1", "person_ref": "N2"},
        ],
        "offenders": [
            {
                "crime_ref": FORGOTTEN,
                "offender_no": "1",
                "person_ref": "N4" if is_older else "N3",
            },
            {"crime_ref": OTHER, "offender_no": "1", "person_ref": "N5"},
            {"crime_ref": OTHER, "offender_no": "2"},
        ],
        "incidents": [{"incident_ref": one, "received_on": date} for one in incidents],
        "investigation_logs": [
            {"crime_ref": ref, "log_no": "1", "officer_ref": "P1"}
            for ref in (FORGOTTEN, OTHER)
        ],
        "gang_mentions": [
            {"person_ref": f"N{number}", "mention_no": "1"} for number in stay
        ],
    }


@pytest.fixture
def delivered(tmp_path: Path) -> RunSettings:
    settings = RunSettings(
        "violent_crime", tmp_path / "extracts", tmp_path / "w.duckdb"
    )
    two_deliveries(settings.extracts, FORGOTTEN, OTHER, stay="123456")
    return settings


@pytest.mark.parametrize("file_format", FORMATS)
def test_its_rows_its_incident_and_the_mentions_of_its_persons_go(
    file_format: str, tmp_path: Path
) -> None:
    """From every delivery, whichever of them says whose incident or person it is."""
    settings = RunSettings(
        "violent_crime", tmp_path / "extracts", tmp_path / "w.duckdb"
    )
    found = two_deliveries(
        settings.extracts, FORGOTTEN, OTHER, stay="123456", file_format=file_format
    )
    never = two_deliveries(
        tmp_path / "never", OTHER, stay="256", file_format=file_format
    )
    proof = forget(settings, [FORGOTTEN])
    for left, expected in zip(found, never, strict=True):
        for extract in VIOLENT_CRIME.extracts:
            name = f"{extract}.{file_format}"
            assert read(left / name) == read(expected / name), name
    # By delivery a crime, two victims, an offender, a log; an incident, three mentions.
    assert proof.rows_removed == 2 * (5 + 1 + 3)
    assert all(place.left == 0 for place in proof.places)


def test_what_other_crimes_name_too_stays_and_that_is_said(
    delivered: RunSettings,
) -> None:
    printed = run_forget(delivered, [FORGOTTEN], None, None)
    assert "  incidents: rows of 1 incident_ref stay, other crimes name them too" in (
        printed
    )
    assert "  gang_mentions: rows of 1 person_ref stay, other crimes name them too" in (
        printed
    )
    assert FORGOTTEN not in "\n".join(printed)
    run_forget(delivered, [OTHER], None, None)
    for date in DATES:
        incidents = (delivered.extracts / date / "incidents.csv").read_text()
        mentions = (delivered.extracts / date / "gang_mentions.csv").read_text()
        assert ("CC2" in incidents, "CC9" in incidents) == (False, True)
        assert ("N2" in mentions, "N6" in mentions) == (False, True)


def test_what_is_left_can_be_loaded(delivered: RunSettings) -> None:
    forget(delivered, [FORGOTTEN])
    with duckdb.connect() as connection:
        deliveries = find_deliveries(delivered.extracts, VIOLENT_CRIME)
        load_deliveries(connection, VIOLENT_CRIME, deliveries)
        assert connection.execute(
            "select distinct crime_ref from raw_violent_crime.crimes"
        ).fetchall() == [(OTHER,)]


def test_a_delivery_without_crimes_is_said(delivered: RunSettings) -> None:
    proof = forget(delivered, [FORGOTTEN, OTHER])
    assert [note for note in proof.notes if "holds no crimes" in note] == [
        f"delivery {date}: holds no crimes any more; remove it before the next run"
        for date in DATES
    ]


def test_killed_before_its_crimes_are_gone_the_same_call_finds_what_they_lead_to(
    delivered: RunSettings,
) -> None:
    started = start_linkage(
        "forget", "--study", "violent-crime", "--crime-ref", FORGOTTEN,
        *arguments(delivered),
    )  # fmt: skip
    assert started.stdout is not None
    line = " "
    while line and ": done" not in line:
        line = started.stdout.readline()
    started.kill()
    started.communicate()
    assert any(name in line for name in VIOLENT_CRIME.linked), line
    forget(delivered, [FORGOTTEN])
    for date in DATES:
        mentions = (delivered.extracts / date / "gang_mentions.csv").read_text()
        assert not [one for one in ("N1", "N3", "N4") if one in mentions]
        assert "CC1" not in (delivered.extracts / date / "incidents.csv").read_text()


def test_another_crimes_reason_that_names_it_is_for_a_person_to_mend(
    delivered: RunSettings,
) -> None:
    path = delivered.extracts / DATES[0] / "crimes.csv"
    path.write_text(path.read_text().replace("CC2", f"see {FORGOTTEN}"))
    with pytest.raises(LinkageError, match=r"nothing was changed") as refused:
        forget(delivered, [FORGOTTEN])
    assert str(path) in str(refused.value)
    assert FORGOTTEN not in str(refused.value)


def test_it_is_gone_from_the_warehouse_and_from_what_was_delivered(
    violent_crime_published: PublishedRun, tmp_path: Path
) -> None:
    settings = RunSettings(
        "violent_crime", tmp_path / "extracts", tmp_path / "w.duckdb"
    )
    shutil.copytree(violent_crime_published.settings.extracts, settings.extracts)
    shutil.copyfile(violent_crime_published.path, settings.warehouse)
    settings.publications.mkdir()
    shutil.copyfile(settings.warehouse, settings.publications / "00001.duckdb")
    settings.build_folder.mkdir()
    shutil.copyfile(violent_crime_published.settings.intake, settings.intake)
    ((ref,),) = rows(
        settings.warehouse, "select min(crime_ref) from marts.violent_crimes"
    )
    files = [settings.warehouse, settings.publications / "00001.duckdb"]
    assert all(names_it(path, ref) for path in (*files, settings.intake))
    assert "marts.violent_crimes" in keyed_tables(settings.warehouse)
    done = run_linkage(
        "forget", "--study", "violent-crime", "--crime-ref", ref, *arguments(settings)
    )
    assert done.returncode == 0, done.stderr
    assert ref not in done.stdout + done.stderr
    assert "Forgotten: 1 crime report (request)" in done.stdout
    assert not settings.intake.exists()
    for path in files:
        assert not names_it(path, ref)
    for path in settings.extracts.parent.rglob("*"):
        assert not path.is_file() or ref.encode() not in path.read_bytes(), path
    assert rows(settings.warehouse, "select reports from quality.erasures") == [(1,)]


def test_no_published_table_leads_to_a_person_or_an_incident(
    violent_crime_published: PublishedRun,
) -> None:
    """So that rows by crime reference are all that a publication can hold of one."""
    found = rows(
        violent_crime_published.path,
        "select table_name, column_name from duckdb_columns() "
        "where schema_name in ('marts', 'quality', 'drivers') and column_name in "
        "('person_ref', 'incident_ref', 'officer_ref', 'filing_reason')",
    )
    assert found == []
