"""A SQLAlchemy dialect under which Great Expectations works on DuckDB.

Great Expectations reads a result after it has handed the connection back, and a DuckDB
cursor is then empty (its issues 10738 and 11579). Reading each result at once, by
SQLAlchemy's own buffered strategy, corrects it and keeps all work inside DuckDB.
"""

from __future__ import annotations

from typing import Any

from duckdb_engine import Dialect
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.default import DefaultExecutionContext

NAME = "duckdb+buffered"


class BufferedExecutionContext(DefaultExecutionContext):
    """Fetches every row as soon as a statement has run."""

    def post_exec(self) -> None:
        """Replace the cursor's fetch strategy by one that holds the rows."""
        if self.cursor is not None and self.cursor.description is not None:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor, initial_buffer=self.cursor.fetchall()
            )


class BufferedDialect(Dialect):  # type: ignore[misc]
    """duckdb_engine's dialect with the execution context above."""

    execution_ctx_cls: Any = BufferedExecutionContext
    supports_statement_cache = False


def register() -> None:
    """Make `duckdb+buffered:///file` a URL SQLAlchemy knows."""
    registry.register("duckdb.buffered", __name__, "BufferedDialect")
