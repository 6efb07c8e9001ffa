"""Small CRIS deliveries written by hand: each test shows the rows it is about."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from linkage.extracts.layouts import CRIS

Row = Mapping[str, str]
Tables = dict[str, list[Row]]

OFFENCE = {
    "offence_no": "1",
    "offence_role": "Main",
    "major_crime": "Violence Against the Person",
    "minor_crime": "Violence without Injury",
    "offence": "Common assault",
    "outcome_code": "16",
    "outcome_on": "2021-04-20",
    "committed_on": "2021-04-01",
    "reported_on": "2021-04-02",
    "recorded_on": "2021-04-03",
    "investigation_completed_on": "2021-04-18",
    "borough": "Camden",
    "venue_type": "Street",
    "how_notified": "Telephone - 999",
}
VICTIM = {
    "victim_no": "1",
    "sex": "Female",
    "gender": "",
    "age_at_report": "34",
    "ethnic_appearance": "Asian",
    "self_defined_ethnicity": "",
    "nationality": "",
    "disability": "",
    "vulnerability": "",
    "injury_degree": "None",
    "reported_cr_last_12_months": "N",
    "cris_repeat_victim": "Y",
    "repeat_victim": "N",
}
SUSPECT = {
    "suspect_no": "1",
    "sex": "Male",
    "age_at_report": "36",
    "ethnic_appearance": "Black",
    "self_defined_ethnicity": "",
    "nationality": "United Kingdom",
    "disability": "",
    "pnc_status": "Known to PNC",
    "how_known": "Current partner",
    "arrested_on_scene": "N",
    "arrested": "Y",
    "interviewed": "N",
}


def offence(crime_ref: str, **changes: str) -> Row:
    """An offence in scope, with an outcome, that nothing is wrong with."""
    return {"crime_ref": crime_ref, **OFFENCE, **changes}


def victim(crime_ref: str, **changes: str) -> Row:
    """A victim that nothing is wrong with."""
    return {"crime_ref": crime_ref, **VICTIM, **changes}


def suspect(crime_ref: str, **changes: str) -> Row:
    """A suspect that nothing is wrong with."""
    return {"crime_ref": crime_ref, **SUSPECT, **changes}


def sound(*crime_refs: str) -> Tables:
    """Crime reports of one offence, victim and suspect; one flag and one feature."""
    return {
        "offences": [offence(ref) for ref in crime_refs],
        "victims": [victim(ref) for ref in crime_refs],
        "suspects": [suspect(ref) for ref in crime_refs],
        "flags": [{"crime_ref": crime_refs[0], "flag": "Domestic Incident"}],
        "knife_crime_features": [
            {"crime_ref": crime_refs[0], "feature": "Knife used to threaten"}
        ],
    }


def text(extract: str, table: Iterable[Row], columns: Iterable[str] = ()) -> str:
    """An extract as CSV text with its header."""
    stream = io.StringIO()
    names = tuple(columns) or CRIS.extracts[extract]
    writer = csv.DictWriter(stream, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return stream.getvalue()


def deliver(
    extracts: Path,
    tables: Tables | None = None,
    *,
    date: str = "2021-05-01",
    file_format: str = "csv",
    files: Mapping[str, str | bytes] | None = None,
) -> Path:
    """Write a delivery; `files` replaces the whole content of an extract by its own."""
    folder = extracts / date
    folder.mkdir(parents=True)
    for extract, table in (tables or sound("A/21", "B/21")).items():
        path = folder / f"{extract}.{file_format}"
        if file_format == "parquet":
            frame = pd.DataFrame(
                table, columns=list(CRIS.extracts[extract]), dtype="str"
            )
            frame.replace("", None).to_parquet(path)
            continue
        content = (files or {}).get(extract, text(extract, table))
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(gzip.compress(data) if file_format == "csv.gz" else data)
    return folder
