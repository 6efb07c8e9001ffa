"""The audit at the London size against one DuckDB scan of the tables it reads.

The parts are timed apart: counting every gap, the tables made of the counts (both by
dbt), and Great Expectations (validation and Data Docs), whose time does not follow the
rows.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import duckdb

from benchmarks.measuring import WORK, linkage, measure, simulated, write_result
from expectations.settings import read_settings
from linkage.base.settings import PROJECT, RunSettings

LONDON = 273_298
COUNTS = "audit_gap_counts"
TABLES = ("gaps", "gaps_by_group", "exceptions", "scorecard", "changes")
REPEATS = 5


def main() -> None:
    settings = RunSettings(
        "cris", simulated(LONDON), WORK / "audit_cost.duckdb", by_hand=True
    )
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
    measure([*dbt, "run", *common], environment)
    models = _seconds_by_model(settings)
    output = measure([sys.executable, "-m", "benchmarks.audit_cost", "--audit"]).output
    measured = json.loads(next(x for x in output.splitlines() if x.startswith("{")))
    count = models[COUNTS]
    write = sum(models[table] for table in TABLES)
    whole = count + write + measured.pop("validation_seconds")
    scan = measured["scan_seconds"]
    measured |= {
        "count_seconds": count,
        "write_seconds": write,
        "audit_seconds": whole,
        "count_over_scan": count / scan,
        "audit_over_scan": whole / scan,
    }
    write_result("audit_cost", {"cases": LONDON, "repeats": REPEATS, **measured})


def _seconds_by_model(settings: RunSettings) -> dict[str, float]:
    """dbt's time for each model of its last run."""
    results = json.loads((settings.target / "run_results.json").read_text("utf-8"))
    return {
        one["unique_id"].rsplit(".", 1)[1]: one["execution_time"]
        for one in results["results"]
    }


def audit_alone(settings: RunSettings) -> dict[str, Any]:
    """Seconds of one scan, and of Great Expectations on dbt's counts."""
    import great_expectations.expectations  # noqa: F401

    from expectations.audit import run_audit

    gaps = [gap for gap in read_settings()[1] if settings.source in gap.sources]
    with duckdb.connect(str(settings.intake), read_only=True) as connection:
        scan = _median(lambda: _scan(connection))
    whole = _median(lambda: run_audit(settings), repeats=3)
    return {"gaps": len(gaps), "scan_seconds": scan, "validation_seconds": whole}


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
        london = RunSettings(
            "cris", simulated(LONDON), WORK / "audit_cost.duckdb", by_hand=True
        )
        print(json.dumps(audit_alone(london)))
    else:
        main()
