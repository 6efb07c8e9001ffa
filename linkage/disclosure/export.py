"""Tables of schema `release` as files; each row and file describes its origin."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.disclosure.files import refuse_suffix, write_file
from linkage.publication.publications import is_simulated, latest_publication
from linkage.publication.publish import open_published
from linkage.publication.release import released_tables

SIMULATED = "SIMULATED: none of these numbers describes real crime reports."
REAL = "Recorded crime."
DISCLOSURE_CONTROL = (
    "Each count is rounded at random to a multiple of 5 (cell keys), so parts need not "
    "add up to totals; counts below 10 are not given."
)
NULLABLE = {
    pa.int64(): pd.Int64Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.bool_(): pd.BooleanDtype(),
}


def export_table(settings: RunSettings, table: str, *outs: Path) -> int:
    """Write a released table to files; the number of its rows.

    The table is named as its mart, with or without schema. The suffix of a file gives
    its format: .csv, .parquet, .xlsx or .json. Raises LinkageError, one line, for a
    suffix, a table or a place that won't do.
    """
    for out in outs:
        refuse_suffix(out)
    with open_published(settings) as connection:
        name = _released(connection, table)
        frame = (
            connection.sql(f"select * from release.{name} order by all")
            .to_arrow_table()
            .to_pandas(types_mapper=NULLABLE.get)
        )
        about = {
            "table": name,
            "input": SIMULATED if is_simulated(connection) else REAL,
            "publication": str(latest_publication(connection)),
            "disclosure_control": DISCLOSURE_CONTROL,
            "fewer_than_10": "Names the counts of the row that are below 10.",
            "ratios": "Shares are worked out from the counts as they are given.",
        }
    if frame.empty:
        raise LinkageError(f"{table}: holds no rows; nothing was written")
    for out in outs:
        write_file(_with_origin(frame, about), about, out)
    return len(frame)


def _released(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    name, known = table.rpartition(".")[2], released_tables(connection)
    if name not in known:
        raise LinkageError(
            f"{table}: is not released; released are {', '.join(known)} "
            "(docs/disclosure.md)"
        )
    return name


def _with_origin(frame: pd.DataFrame, about: Mapping[str, str]) -> pd.DataFrame:
    return frame.assign(
        input=about["input"],
        publication=int(about["publication"]),
        disclosure_control=about["disclosure_control"],
    )
