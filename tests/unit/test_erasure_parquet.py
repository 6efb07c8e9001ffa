"""Taking rows out of a Parquet file leaves the rest, and its description, as is."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from linkage.base.errors import UnreadableInputError
from linkage.erasure import parquet_rows
from linkage.erasure.references import References

FORGOTTEN = "0412345/21"
REFERENCES = References.of([FORGOTTEN])


def table(refs: list[str | None]) -> pa.Table:
    numbers = range(len(refs))
    rows = pa.table(
        {
            "n": pa.array(numbers, pa.int32()),
            "crime_ref": refs,
            "kind": pa.array(["x" if n % 2 else "y" for n in numbers]),
            "at": [dt.datetime(2021, 4, 1) + dt.timedelta(hours=n) for n in numbers],
            "parts": [[n, n + 1] for n in numbers],
        }
    )
    rows = rows.set_column(2, "kind", rows["kind"].dictionary_encode())
    return rows.replace_schema_metadata({"org.apache.spark.version": "3.5"})


@pytest.mark.parametrize("compression", ["zstd", "snappy", "none", "gzip"])
@pytest.mark.parametrize("int96", [True, False])
def test_rows_go_and_schema_groups_and_compression_stay(
    compression: str, int96: bool, tmp_path: Path
) -> None:
    path, new = tmp_path / "rows.parquet", tmp_path / "new"
    refs = ["A", f" {FORGOTTEN}", None, "B", FORGOTTEN, FORGOTTEN, "C", "D"]
    rows = table(refs)
    pq.write_table(
        rows,
        path,
        row_group_size=2,
        compression=compression,
        use_deprecated_int96_timestamps=int96,
    )
    found = parquet_rows.look(path, REFERENCES)
    assert (found.rows, found.mentions) == (3, 0)
    assert parquet_rows.write_without(path, new, REFERENCES) == 3
    before, after = pq.ParquetFile(path), pq.ParquetFile(new)
    stay = [0, 2, 3, 6, 7]
    assert after.read().equals(before.read().take(stay))
    assert after.schema.equals(before.schema)
    assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
    groups = [after.metadata.row_group(n) for n in range(after.num_row_groups)]
    assert [group.num_rows for group in groups] == [1, 2, 2]
    assert groups[0].column(0).compression == (
        before.metadata.row_group(0).column(0).compression
    )
    assert FORGOTTEN.encode() not in new.read_bytes()


def test_a_file_of_which_no_row_is_left_still_says_its_columns(tmp_path: Path) -> None:
    path, new = tmp_path / "rows.parquet", tmp_path / "new"
    pq.write_table(table([FORGOTTEN]), path)
    assert not parquet_rows.keeps_rows(path, REFERENCES)
    parquet_rows.write_without(path, new, REFERENCES)
    assert pq.ParquetFile(new).schema.equals(pq.ParquetFile(path).schema)
    assert pq.read_table(new).num_rows == 0


def test_another_report_that_names_it_is_a_mention_and_says_where(
    tmp_path: Path,
) -> None:
    path = tmp_path / "rows.parquet"
    rows = pa.table({"Crime_Ref": ["A", FORGOTTEN], "note": [FORGOTTEN, FORGOTTEN]})
    pq.write_table(rows, path)
    found = parquet_rows.look(path, REFERENCES)
    assert (found.rows, found.mentions) == (1, 1)
    assert "note" in found.where


def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(UnreadableInputError, match="not a Parquet file"):
        parquet_rows.look(path, REFERENCES)
