"""The pandas program that the build is measured against finds the same values."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.pandas_linkage import KEYS, READERS, differences
from benchmarks.pandas_version import Reader, link
from tests.running import PublishedRun


@pytest.fixture(scope="module")
def linked(simulated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pandas")
    link(simulated, out)
    return out


@pytest.mark.parametrize("reader", READERS)
def test_pandas_finds_what_is_published(
    reader: Reader, published: PublishedRun, simulated: Path, tmp_path: Path
) -> None:
    link(simulated, tmp_path, reader)
    assert differences(published.path, tmp_path) == dict.fromkeys(KEYS, 0)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("cases", "* replace (not is_stalking as is_stalking)"),
        ("cases", "* replace (cast(null as integer) as victim_age)"),
        ("withdrawal_rates", "* replace (ci_low + 1e-9 as ci_low)"),
    ],
)
def test_a_changed_value_is_a_difference(
    table: str, change: str, published: PublishedRun, linked: Path, tmp_path: Path
) -> None:
    with duckdb.connect() as connection:
        for name in KEYS:
            what = change if name == table else "*"
            connection.execute(
                f"copy (select {what} from '{linked / name}.parquet') "
                f"to '{tmp_path / name}.parquet'"
            ).fetchall()
    found = differences(published.path, tmp_path)
    assert {name for name, rows in found.items() if rows} == {table}


def test_a_missing_row_is_a_difference(
    published: PublishedRun, linked: Path, tmp_path: Path
) -> None:
    with duckdb.connect() as connection:
        for name in KEYS:
            connection.execute(
                f"copy (select * from '{linked / name}.parquet' offset 1) "
                f"to '{tmp_path / name}.parquet'"
            ).fetchall()
    assert all(differences(published.path, tmp_path).values())
