"""Crime references that a query finds in columns other than the key."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from linkage.base.quoting import quoted
from linkage.erasure.references import References


def mentions(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    columns: Sequence[str],
    references: References,
) -> tuple[int, str]:
    """Distinct values of text columns that name a crime report, and the first column.

    `source` is a table or a query in brackets; `columns` are identifiers.
    """
    if not references.shapes:
        return 0, ""
    found, where = 0, ""
    for column in columns:
        # Comparing few distinct values is much faster than searching all.
        candidates = connection.execute(
            f"with texts as materialized (select distinct cast({column} as varchar) "
            f"as value from {source}) select value from texts "
            f"where {_may_be(references)}"
        ).fetchall()
        named = sum(references.named_in(value) for (value,) in candidates)
        if named and not where:
            where = f"column {column}"
        found += named
    return found, where


def _may_be(references: References) -> str:
    if references.are_few:
        return " or ".join(
            f"contains(value, {quoted(ref)})" for ref in sorted(references.in_text)
        )
    pattern = "|".join(references.shapes)
    return f"regexp_matches(value, {quoted(pattern)})"
