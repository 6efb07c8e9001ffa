"""Great Expectations reads results late; DuckDB's are gone by then, unless buffered."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from expectations.duckdb_dialect import NAME, register


def read_late(dialect: str) -> list[Any]:
    """A result read after its connection was handed back."""
    with sa.create_engine(f"{dialect}:///:memory:").connect() as connection:
        result = connection.execute(sa.text("select 1"))
    return [tuple(row) for row in result.fetchall()]


def test_a_result_is_still_there_after_its_connection_is_handed_back() -> None:
    register()
    assert read_late(NAME) == [(1,)]


def test_the_dialect_can_go_once_duckdb_engine_keeps_its_results() -> None:
    if read_late("duckdb") == [(1,)]:
        pytest.fail("expectations/duckdb_dialect.py is no longer needed: remove it")
