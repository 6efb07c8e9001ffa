"""The crime reports to correct, as a file for those who correct them."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings
from linkage.publication.publish import open_published

if TYPE_CHECKING:
    import duckdb

COLUMNS = (
    "mend_rank",
    "crime_ref",
    "bcu",
    "delivery",
    "extract",
    "line_no",
    "field",
    "gap",
    "description",
    "owner",
    "harm",
    "gaps_of_report",
)


def write_exceptions(
    settings: RunSettings,
    out: Path | None,
    *,
    bcus: Sequence[str] = (),
    gaps: Sequence[str] = (),
    delivery: str | None = None,
) -> int:
    """Write the reports to correct as CSV, the most urgent first; returns their number.

    Without `out` they go to standard output. Raises LinkageError for a BCU, gap or
    delivery of which the warehouse holds nothing, naming those that it does hold.
    """
    with open_published(settings) as connection:
        conditions, values = ["true"], []
        for column, wanted in (
            ("bcu", bcus),
            ("gap", gaps),
            ("delivery", [delivery] if delivery else []),
        ):
            if not wanted:
                continue
            table = "marts.cases" if column == "bcu" else "quality.gaps"
            known = {
                str(value)
                for (value,) in connection.execute(
                    f"select distinct {column} from {table}"
                ).fetchall()
            }
            by_key = {value.casefold(): value for value in known}
            for name in wanted:
                if name.casefold() not in by_key:
                    raise LinkageError(
                        f"no {column} {name!r} in {settings.warehouse}; there are "
                        f"{', '.join(sorted(known)) or 'none'}"
                    )
            conditions.append(
                f"exceptions.{column} in ({', '.join('?' * len(wanted))})"
            )
            values += [by_key[name.casefold()] for name in wanted]
        rows = connection.execute(
            "select mend_rank, crime_ref, bcu, exceptions.delivery, extract, line_no, "
            "field, gap, description, owner, harm, gaps_of_report "
            "from quality.exceptions inner join ("
            "select distinct gap, description, owner from quality.gaps) as gaps "
            f"using (gap) where {' and '.join(conditions)} "
            "order by mend_rank, crime_ref, gap, extract, line_no",
            values,
        )
        if out is None:
            return _write(csv.writer(sys.stdout, lineterminator="\n"), rows)
        try:
            with out.open("w", newline="", encoding="utf-8") as stream:
                return _write(csv.writer(stream, lineterminator="\n"), rows)
        except OSError as error:
            raise LinkageError(
                f"{out}: cannot be written ({error.strerror})"
            ) from error


def _write(writer: Any, rows: duckdb.DuckDBPyConnection) -> int:
    writer.writerow(COLUMNS)
    written = 0
    while chunk := rows.fetchmany(10_000):
        writer.writerows(chunk)
        written += len(chunk)
    return written
