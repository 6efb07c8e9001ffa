"""The audit at the London size against one DuckDB scan of the tables it reads.

The parts are timed apart: counting every gap, what is written to schema `quality`, and
Great Expectations (validation and Data Docs), whose time does not follow the rows.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import duckdb
from expectations.gap_tables import count_gaps, write_gap_tables

from benchmarks.measuring import WORK, linkage, measure, simulated, write_result
from expectations.settings import read_settings
from linkage.base.settings import PROJECT, RunSettings
from linkage.engines.build_tables import build_tables

LONDON = 273_298
REPEATS = 5


def main() -> None:
    settings = RunSettings("cris", simulated(LONDON), WORK / "audit_cost.duckdb")
    linkage(
        *("load", "--extracts", str(settings.extracts)),
        *("--warehouse", str(settings.warehouse)),
    )
    dbt = [sys.executable, "-m", "dbt.cli.main", "--quiet"]
    common = [
        *("--target-path", str(settings.target)),
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
    ]
    environment = settings.dbt_environment()
    measure([*dbt, "seed", *common], environment)
    measure(
        [*dbt, "run", "--exclude", "path:models/staging/nibrs", *common], environment
    )
    output = measure([sys.executable, "-m", "benchmarks.audit_cost", "--audit"]).output
    measured = json.loads(next(x for x in output.splitlines() if x.startswith("{")))
    write_result("audit_cost", {"cases": LONDON, "repeats": REPEATS, **measured})


def audit_alone(settings: RunSettings) -> dict[str, Any]:
    """Seconds of one scan, of counting, of writing, and of the whole audit."""
    import great_expectations.expectations  # noqa: F401

    from expectations.audit import run_audit

    suites, gaps = read_settings()
    gaps = [gap for gap in gaps if settings.source in gap.sources]
    with duckdb.connect(str(settings.intake), read_only=True) as connection:
        scan = _median(lambda: _scan(connection))
    with build_tables(settings) as tables:
        count = _median(lambda: count_gaps(tables, suites, gaps))
        results = count_gaps(tables, suites, gaps)
        write = _median(lambda: write_gap_tables(tables, suites, gaps, results))
    whole = _median(lambda: run_audit(settings), repeats=3)
    return {
        "gaps": len(gaps),
        "scan_seconds": scan,
        "count_seconds": count,
        "write_seconds": write,
        "audit_seconds": whole,
        "count_over_scan": count / scan,
        "audit_over_scan": whole / scan,
    }


def _scan(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every value of every audit table once."""
    for suite in read_settings()[0]:
        columns = connection.execute(
            "select column_name from duckdb_columns() "
            "where schema_name = 'audit' and table_name = ?",
            [suite.table],
        ).fetchall()
        wanted = ", ".join(f"count({name}), min({name})" for (name,) in columns)
        connection.execute(f"select {wanted} from audit.{suite.table}").fetchall()


def _median(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


if __name__ == "__main__":
    if sys.argv[1:] == ["--audit"]:
        london = RunSettings("cris", simulated(LONDON), WORK / "audit_cost.duckdb")
        print(json.dumps(audit_alone(london)))
    else:
        main()
