"""The SQL models on DuckDB and on Spark, by size, on the same cores and memory.

Each size is loaded once per engine; measured are the models (`dbt run`), seeds apart.
Spark's session start and the naming of its raw tables are its `start`. A line through
the smallest and the largest size gives each engine's fixed cost and its cost per row.
"""

from __future__ import annotations

import json
import shutil
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measuring import WORK, linkage, measure, simulated, write_result
from benchmarks.sql_scaling import LONDON, copy_delivery
from linkage.base.settings import ENGINES, PROJECT, RunSettings

MEMORY = "4GiB"


def main(factors: list[float]) -> None:
    measured: list[dict[str, Any]] = []
    for factor in factors:
        extracts = _extracts(factor)
        for engine in ENGINES:
            measured.append({"factor": factor, **_measure(engine, extracts)})
            sys.stdout.write(f"{measured[-1]}\n")
            sys.stdout.flush()
    write_result(
        "engines",
        {"memory_limit": MEMORY, "sizes": measured, "lines": _lines(measured)},
    )


def _extracts(factor: float) -> Path:
    if factor < 1:
        return simulated(int(LONDON * factor))
    folder = WORK / f"scaled-{factor:g}"
    if not folder.exists():
        copy_delivery(int(factor))
    return folder


def _measure(engine: str, extracts: Path) -> dict[str, Any]:
    settings = RunSettings(
        "cris",
        extracts,
        WORK / f"engines.{engine}",
        engine=engine,
        memory_limit=MEMORY,
        by_hand=True,
    )
    linkage(
        *("load", "--engine", engine, "--extracts", str(extracts)),
        *("--warehouse", str(settings.warehouse)),
        env={"LINKAGE_MEMORY_LIMIT": MEMORY},
    )
    with duckdb.connect(str(settings.intake), read_only=True) as connection:
        row = connection.execute(
            "select count(distinct crime_ref) from raw_cris.offences"
        ).fetchone()
    assert row is not None
    dbt = [sys.executable, "-m", "dbt.cli.main", "--quiet"]
    common = [
        *("--target", "spark" if engine == "spark" else "dev", "--full-refresh"),
        *("--target-path", str(settings.target)),
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
    ]
    environment = settings.dbt_environment()
    measure([*dbt, "seed", *common], environment)
    run = measure([*dbt, "run", *common], environment)
    results = json.loads((settings.target / "run_results.json").read_text())
    start = sum(
        one["execution_time"]
        for one in results["results"]
        if one["unique_id"].startswith("operation.")
    )
    shutil.rmtree(settings.build_folder)
    return {
        "engine": engine,
        "crime_reports": row[0],
        "start_seconds": start,
        "models_seconds": results["elapsed_time"] - start,
        "whole_seconds": run.seconds,
    }


def _lines(measured: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Seconds at no rows, and seconds per million crime reports, by engine."""
    lines = {}
    for engine in ENGINES:
        points = sorted(
            (one["crime_reports"] / 1e6, one["models_seconds"])
            for one in measured
            if one["engine"] == engine
        )
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(points)]
        slope = (points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0])
        lines[engine] = {
            "fixed_seconds": points[0][1] - slope * points[0][0],
            "seconds_per_million_reports": slope,
            "last_seconds_per_million_reports": slopes[-1],
        }
    return lines


if __name__ == "__main__":
    main([float(x) for x in sys.argv[1:]] or [0.1, 1, 4])
