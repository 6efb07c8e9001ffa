"""The SQL build against pandas at the London size, alternately; equal to the value.

Whole commands: `linkage load` and `dbt build` (seeds and models, no tests), each with
its Python start-up, against `python -m benchmarks.pandas_version`. Work alone: the same
without start-up (`benchmarks.sql_build`), against the seconds pandas counts from its
first read to its last file. The build is measured whole, and cut down to the five marts
that pandas writes. Fails where any value of those marts differs.

Covers one CRIS delivery of sound CSV files.
"""

from __future__ import annotations

import re
import statistics
import sys
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measuring import WORK, measure, simulated, write_result
from benchmarks.sql_build import Built, build
from linkage.base.settings import RunSettings

LONDON = 273_298
READERS = ("pyarrow", "c")
KEYS = {
    "cases": ("crime_ref",),
    "case_flow": ("step_no",),
    "withdrawal_rates": ("crime_area", "dimension", "category"),
    "outcome_shares": ("crime_area", "outcome_group"),
    "withdrawal_timing": ("crime_area", "duration_band"),
}
TOLERANCE = 1e-12


def main(repeats: int = 3) -> None:
    extracts = simulated(LONDON)
    settings = RunSettings(
        "cris", extracts, WORK / "pandas_linkage.duckdb", by_hand=True
    )
    results: dict[str, list[dict[str, float]]] = {}
    differing: dict[str, int] = {}
    for _ in range(repeats):
        # The cut build comes first: the whole one is what pandas is compared with.
        for name, models in (("build_of_the_same_marts", tuple(KEYS)), ("build", ())):
            results.setdefault(name, []).append(_figures(build(settings, models)))
        for reader in READERS:
            out = WORK / f"pandas-{reader}"
            results.setdefault(f"pandas_{reader}", []).append(
                _run_pandas(extracts, out, reader)
            )
            for table, rows in differences(settings.build, out).items():
                differing[f"{reader}: {table}"] = rows
        if any(differing.values()):
            raise SystemExit(f"rows that differ: {differing}")
    medians = {
        name: {
            figure: statistics.median(one[figure] for one in runs) for figure in runs[0]
        }
        for name, runs in results.items()
    }
    write_result(
        "pandas_linkage",
        {
            "cases": LONDON,
            "covers": "one CRIS delivery of sound CSV files",
            "runs": repeats,
            "rows_that_differ": differing,
            "medians": medians,
            "pandas_over_build": {
                f"{pandas}_over_{ours}": {
                    figure: medians[pandas][figure] / medians[ours][figure]
                    for figure in medians[pandas]
                }
                for pandas in (f"pandas_{reader}" for reader in READERS)
                for ours in ("build", "build_of_the_same_marts")
            },
        },
    )


def _figures(built: Built) -> dict[str, float]:
    return {
        "whole_seconds": built.whole_seconds,
        "work_seconds": built.work_seconds,
        "whole_cpu_seconds": built.whole_cpu_seconds,
        "peak_mb": built.peak_mb,
        "load_work_seconds": built.load_seconds,
        "dbt_work_seconds": built.dbt_seconds,
    }


def _run_pandas(extracts: Path, out: Path, reader: str) -> dict[str, float]:
    done = measure(
        [
            sys.executable,
            "-m",
            "benchmarks.pandas_version",
            str(extracts),
            str(out),
            "--reader",
            reader,
        ]
    )
    work = re.search(r"work ([\d.]+) s", done.output)
    assert work is not None
    return {
        "whole_seconds": done.seconds,
        "work_seconds": float(work[1]),
        "whole_cpu_seconds": done.cpu_seconds,
        "peak_mb": done.peak_mb,
    }


def differences(warehouse: Path, folder: Path) -> dict[str, int]:
    """Rows, by mart, that a warehouse and the pandas files do not have in common.

    Columns and their types are held equal too; a rate is equal to 1e-12.
    """
    found = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
        for table, keys in KEYS.items():
            ours = f"warehouse.marts.{table}"
            theirs = f"read_parquet('{folder / table}.parquet')"
            types = _types(connection, ours)
            if types != (other := _types(connection, theirs)):
                odd = dict(set(types.items()) ^ set(other.items()))
                raise AssertionError(f"{table}: columns or types differ: {odd}")
            equal = " and ".join(_equality(*item) for item in types.items())
            (rows,) = _row(
                connection,
                f"select count(*) from {ours} as ours full outer join {theirs} "
                f"as theirs on {_joined(keys)} where not ({equal}) "
                f"or ours.{keys[0]} is null or theirs.{keys[0]} is null",
            )
            counts = _row(
                connection,
                f"select (select count(*) from {ours}), "
                f"(select count(*) from {theirs})",
            )
            found[table] = rows + abs(counts[0] - counts[1])
    return found


def _types(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    described = connection.execute(f"describe select * from {table}").fetchall()
    # Keys of disclosure control are of the warehouse's secret, not of the deliveries.
    return {name: kind for name, kind, *_ in described if not name.endswith("_key")}


def _equality(column: str, kind: str) -> str:
    same = f"ours.{column} is not distinct from theirs.{column}"
    if kind != "DOUBLE":
        return f"({same})"
    near = f"abs(ours.{column} - theirs.{column}) <= {TOLERANCE}"
    return f"({same} or coalesce({near}, false))"


def _joined(keys: tuple[str, ...]) -> str:
    return " and ".join(f"ours.{key} = theirs.{key}" for key in keys)


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
