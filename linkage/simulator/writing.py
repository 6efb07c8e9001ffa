"""Writes tables as CSV, gzipped CSV or Parquet, the same bytes every time."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from linkage.simulator.columns import Column, Table

FileFormat = Literal["csv", "csv.gz", "parquet"]
_CHUNK = 65_536


def write_table(table: Table, path: Path, file_format: FileFormat) -> None:
    """Write one extract; missing is empty in text and null in Parquet."""
    schema = pa.schema([(name, pa.string()) for name in table.columns])
    dictionaries = {
        name: pa.array(column.values, pa.string())
        for name, column in table.columns.items()
    }
    if file_format == "parquet":
        with pyarrow.parquet.ParquetWriter(path, schema) as writer:
            for start in range(0, max(len(table), 1), _CHUNK * 8):
                writer.write_table(
                    _batch(table, dictionaries, schema, start, _CHUNK * 8)
                )
        return
    with path.open("wb") as stream:
        if file_format == "csv":
            _write_csv(table, dictionaries, schema, stream)
            return
        with gzip.GzipFile(
            filename="", mode="wb", fileobj=stream, mtime=0, compresslevel=5
        ) as zipped:
            _write_csv(table, dictionaries, schema, zipped)


def _write_csv(
    table: Table,
    dictionaries: dict[str, Any],
    schema: pa.Schema,
    stream: IO[bytes] | gzip.GzipFile,
) -> None:
    with pyarrow.csv.CSVWriter(stream, schema) as writer:
        for start in range(0, len(table), _CHUNK):
            writer.write_table(_batch(table, dictionaries, schema, start, _CHUNK))


def _batch(
    table: Table,
    dictionaries: dict[str, Any],
    schema: pa.Schema,
    start: int,
    length: int,
) -> pa.Table:
    return pa.table(
        [
            _text(column, dictionaries[name], start, length)
            for name, column in table.columns.items()
        ],
        schema=schema,
    )


def _text(column: Column, dictionary: Any, start: int, length: int) -> Any:
    codes = column.codes[start : start + length]
    missing = codes < 0
    indices = pa.array(np.where(missing, 0, codes), mask=missing)
    return dictionary.take(indices)
