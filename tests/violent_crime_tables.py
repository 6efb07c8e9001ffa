"""Raw tables of the violent-crime study by hand, without its loader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from extracts.register import LoadedExtract, write_register
from linkage.settings import RunSettings

RAW = "raw_violent_crime"
DELIVERY = "2021-05-01"
COLUMNS = {
    "crimes": (
        "crime_ref occurred_on section offence_type clear_up_code cleared_up_on "
        "filing_reason incident_ref injury_code hate_flag firearm knife other_weapon "
        "daily_bulletin officer_on_duty uniform_cid offender_unknown report_method npu"
    ),
    "victims": (
        "crime_ref victim_no person_ref sex age self_defined_ethnicity "
        "is_police_officer informed informed_method informed_on victim_code "
        "victim_support support_discussed"
    ),
    "offenders": "crime_ref offender_no person_ref sex age",
    "incidents": (
        "incident_ref received_on response_code response_minutes deployment_minutes "
        "officers"
    ),
    "investigation_logs": "crime_ref log_no logged_on officer_ref",
    "gang_mentions": "person_ref mention_no mentioned_on",
}
Rows = Mapping[str, Iterable[Mapping[str, str]]]


def fill_intake(settings: RunSettings, tables: Rows | None = None) -> None:
    """Raw tables as the loader leaves them, from one delivery; empty without rows."""
    settings.build_folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.intake)) as connection:
        connection.execute(f"create schema {RAW}")
        loaded = []
        for extract, names in COLUMNS.items():
            columns = names.split()
            listed = ", ".join(f"{column} varchar" for column in columns)
            connection.execute(
                f"create table {RAW}.{extract} "
                f"(delivery varchar, line_no bigint, {listed})"
            )
            rows = list((tables or {}).get(extract, ()))
            if rows:
                marks = ", ".join("?" * (len(columns) + 2))
                connection.executemany(
                    f"insert into {RAW}.{extract} values ({marks})",
                    [
                        (DELIVERY, line, *(row.get(column) for column in columns))
                        for line, row in enumerate(rows, 2)
                    ],
                )
            loaded.append(
                LoadedExtract(
                    DELIVERY,
                    extract,
                    f"{extract}.csv",
                    len(rows),
                    "",
                    is_simulated=True,
                )
            )
        connection.execute(
            f"create table {RAW}.malformed_rows (delivery varchar, extract varchar, "
            "line_no bigint, crime_ref varchar, reason varchar)"
        )
        write_register(connection, "violent_crime", loaded)
