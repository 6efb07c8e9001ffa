"""Deliveries of the violent-crime study by hand, and its raw tables without one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import pandas as pd

from linkage.base.settings import RunSettings
from linkage.extracts.layouts import VIOLENT_CRIME
from linkage.extracts.record_key import write_record_key
from linkage.extracts.records import create_empty_tables
from linkage.extracts.register import LoadedExtract, write_register

DELIVERY = "2021-05-01"
Rows = Mapping[str, Iterable[Mapping[str, str]]]


def fill_intake(settings: RunSettings, tables: Rows | None = None) -> None:
    """Raw tables as the loader leaves them, from one delivery; empty without rows."""
    settings.build_folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.intake)) as connection:
        create_empty_tables(connection, VIOLENT_CRIME)
        loaded = []
        for extract, columns in VIOLENT_CRIME.extracts.items():
            rows = list((tables or {}).get(extract, ()))
            if rows:
                marks = ", ".join("?" * (len(columns) + 2))
                connection.executemany(
                    f"insert into {VIOLENT_CRIME.schema}.{extract} values ({marks})",
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
        write_register(connection, VIOLENT_CRIME.name, loaded)
        write_record_key(connection, settings)


def deliver_violent_crimes(
    extracts: Path, tables: Rows, *, date: str = DELIVERY, file_format: str = "csv"
) -> Path:
    """Write a delivery; what a row does not say is missing."""
    folder = extracts / date
    folder.mkdir(parents=True)
    for extract, columns in VIOLENT_CRIME.extracts.items():
        frame = pd.DataFrame(
            [dict(row) for row in tables.get(extract, ())],
            columns=list(columns),
            dtype="string",
        )
        path = folder / f"{extract}.{file_format}"
        if file_format == "parquet":
            frame.to_parquet(path, index=False)
        else:
            frame.to_csv(path, index=False)
    return folder
