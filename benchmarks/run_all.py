"""`make bench`: every benchmark, then the README's table from their results."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measuring import PROJECT
from benchmarks.table import write_table

SCRIPTS = (
    "audit_cost",
    "calibration",
    "disturbed_runs",
    "driver_models",
    "engines",
    "floor",
    "graph_overhead",
    "london_run",
    "monthly_run",
    "mutations",
    "overhead",
    "pandas_linkage",
    "reconciliation",
    "recovery",
    "sql_scaling",
    "violent_crime_models",
)


def main() -> None:
    for script in SCRIPTS:
        sys.stdout.write(f"benchmarks.{script}\n")
        sys.stdout.flush()
        subprocess.run(
            [sys.executable, "-m", f"benchmarks.{script}"], cwd=PROJECT, check=True
        )
    write_table()


if __name__ == "__main__":
    main()
