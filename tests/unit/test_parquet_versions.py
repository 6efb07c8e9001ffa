"""Versions of a warehouse as folders of Parquet."""

from __future__ import annotations

from pathlib import Path

import duckdb

from linkage.base.quoting import quoted
from linkage.publication.parquet_versions import open_folder


def test_a_study_without_driver_models_is_opened_without_their_schema(
    tmp_path: Path,
) -> None:
    for schema in ("marts", "quality"):
        table = tmp_path / schema / "counts"
        table.mkdir(parents=True)
        duckdb.execute(
            f"copy (select 3 as n) to {quoted(str(table / 'rows.parquet'))} "
            "(format parquet)"
        ).fetchall()
    with open_folder(tmp_path) as connection:
        found = connection.execute(
            "select table_schema, table_name from information_schema.tables order by 1"
        ).fetchall()
        assert found == [("marts", "counts"), ("quality", "counts")]
        assert connection.execute("select n from marts.counts").fetchall() == [(3,)]
