"""The last of five years of monthly deliveries taken in, against a full refresh."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import duckdb

from benchmarks.measuring import WORK, linkage, write_result

CASES, MONTHS = 1_400_000, 60


def main(cases: int = CASES, months: int = MONTHS) -> None:
    deliveries = WORK / f"monthly_{cases}_{months}"
    if not (deliveries / "truth.json").exists():
        linkage(
            *("simulate", "--out", str(deliveries), "--cases", str(cases)),
            *("--months", str(months), "--seed", "5", "--format", "parquet"),
        )
    landing, warehouse = WORK / "monthly_landing", WORK / "monthly.duckdb"
    shutil.rmtree(landing, ignore_errors=True)
    shutil.rmtree(warehouse.with_name("monthly.duckdb.build"), ignore_errors=True)
    shutil.copytree(deliveries, landing, copy_function=_link)
    latest = max(path for path in landing.iterdir() if path.is_dir())
    shutil.rmtree(latest)
    run = ("run", "--extracts", str(landing), "--warehouse", str(warehouse))
    until = ("--until", "publication")
    linkage(*run, *until)
    shutil.copytree(deliveries / latest.name, latest, copy_function=_link)
    month = linkage(*run, *until)
    incremental = _contents(warehouse)
    full_refresh = linkage(*run, *until, "--full-refresh")
    write_result(
        "monthly_run",
        {
            "cases": cases,
            "months": months,
            "month_seconds": month.seconds,
            "month_steps": _steps(month.output),
            "month_peak_mb": month.peak_mb,
            "full_refresh_seconds": full_refresh.seconds,
            "full_refresh_steps": _steps(full_refresh.output),
            "full_refresh_peak_mb": full_refresh.peak_mb,
            "share": month.seconds / full_refresh.seconds,
            "is_equal": incremental == _contents(warehouse),
        },
    )


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source)


def _steps(output: str) -> dict[str, float]:
    return {
        name: float(seconds)
        for name, seconds in re.findall(r"done (.+?) \(([\d.]+) s\)", output)
    }


def _contents(warehouse: Path) -> dict[str, tuple[int, int]]:
    """Rows of each table of the models, and a checksum that knows no order."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where schema_name in ('marts', 'drivers') or table_name in "
            "('gaps', 'exceptions', 'rejected_rows', 'row_dispositions', 'scorecard')"
        ).fetchall()
        return {
            name: connection.execute(
                f"select count(*), coalesce(bit_xor(hash(one)), 0) from {name} as one"
            ).fetchall()[0]
            for (name,) in names
        }


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
