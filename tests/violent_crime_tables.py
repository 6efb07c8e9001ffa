"""Raw tables of the violent-crime study by hand, without a delivery."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from extracts.layouts import VIOLENT_CRIME
from extracts.records import create_empty_tables
from extracts.register import LoadedExtract, write_register
from linkage.settings import RunSettings

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
