"""The SQL build at 1, 10 and 100 times the London size, DuckDB held to LIMIT.

Larger inputs are copies of one simulated delivery under separate crime references, as a
Parquet delivery. Measured: the models alone; the peak memory of the whole process; the
peak of what DuckDB spills to disk.

python -m benchmarks.sql_scaling --build FACTOR     builds what is loaded, for the above
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measuring import WORK, linkage, measure, simulated, write_result
from linkage.base.settings import RunSettings
from linkage.extracts.layouts import CRIS
from linkage.publication.build_state import parts_of_crime_reports
from orchestration import dbt_project

LONDON = 273_298
LIMIT = os.environ.get("LINKAGE_MEMORY_LIMIT", "4GiB")
# Machines drift: the smallest size runs on either side of the next.
FACTORS = [1, 10, 1, 100]


def main(factors: list[int]) -> None:
    measured: list[dict[str, Any]] = []
    for factor in factors:
        measured.append(_measure(factor))
        smallest = [one for one in measured if one["factor"] == min(factors)]
        for one in measured if smallest else ():
            for key in ("seconds", "cpu_seconds"):
                per_row = f"models_{key}_per_million_reports"
                base = min(other[per_row] for other in smallest)
                one[f"relative_{key}_per_row"] = one[per_row] / base
        write_result("sql_scaling", {"memory_limit": LIMIT, "sizes": measured})


def peak(factor: int) -> None:
    """Memory and spilling of one size, which do not ask for a quiet machine."""
    one = _measure(factor)
    write_result(
        "sql_peak",
        {
            "memory_limit": LIMIT,
            **{
                key: one[key]
                for key in (
                    "factor",
                    "cases",
                    "models_peak_mb",
                    "models_peak_spilled_mb",
                )
            },
        },
    )


def _measure(factor: int) -> dict[str, Any]:
    folder = WORK / f"scaled-{factor}"
    settings = _settings(factor)
    if not folder.exists():
        copy_delivery(factor)
    load = linkage(
        *("load", "--extracts", str(folder), "--warehouse", str(settings.warehouse)),
        env={"LINKAGE_MEMORY_LIMIT": LIMIT},
    )
    shutil.rmtree(folder)
    with _peak_size(settings.temp) as spilled:
        models = measure(
            [sys.executable, "-m", "benchmarks.sql_scaling", "--build", str(factor)]
        )
    seconds: dict[str, float] = json.loads(models.output.splitlines()[-1])
    elapsed = seconds.pop("all")
    with duckdb.connect(str(settings.build), read_only=True) as connection:
        ((reports, cases),) = connection.execute(
            "select max(crime_reports_left), min(crime_reports_left) "
            "from marts.case_flow"
        ).fetchall()
    size = settings.build.stat().st_size + settings.intake.stat().st_size
    parts = parts_of_crime_reports(settings)
    shutil.rmtree(settings.build_folder)
    return {
        "factor": factor,
        "crime_reports": reports,
        "cases": cases,
        "parts": parts,
        "load_seconds": load.seconds,
        "load_peak_mb": load.peak_mb,
        "models_seconds": elapsed,
        "models_cpu_seconds": models.cpu_seconds,
        "models_peak_mb": models.peak_mb,
        "models_peak_spilled_mb": max(spilled),
        "database_mb": size / 1e6,
        "models_seconds_per_million_reports": elapsed / reports * 1e6,
        "models_cpu_seconds_per_million_reports": models.cpu_seconds / reports * 1e6,
        "slowest_models_seconds": {
            name: round(seconds[name], 2)
            for name in sorted(seconds, key=lambda one: -seconds[one])[:12]
        },
    }


def _settings(factor: int) -> RunSettings:
    warehouse = WORK / f"scaled-{factor}.duckdb"
    folder = WORK / f"scaled-{factor}"
    return RunSettings("cris", folder, warehouse, memory_limit=LIMIT, by_hand=True)


def build(factor: int) -> None:
    """Build what is loaded; prints seconds by model, and of all, as JSON."""
    settings = _settings(factor)
    parsed = dbt_project.parse(settings)
    seconds: dict[str, float] = defaultdict(float)
    started = time.perf_counter()
    for event in dbt_project.build(settings, parsed, "--exclude-resource-type", "test"):
        node = event["data"]["node_info"]["node_name"]
        seconds[node] += float(event["data"]["execution_time"])
    sys.stdout.write(
        json.dumps({**seconds, "all": time.perf_counter() - started}) + "\n"
    )


@contextmanager
def _peak_size(folder: Path) -> Iterator[list[float]]:
    """Samples a folder's size on disk, in MB, twice a second."""
    sizes = [0.0]
    done = threading.Event()

    def sample() -> None:
        while not done.wait(0.5):
            sizes[0] = max(sizes[0], _size(folder))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield sizes
    finally:
        done.set()
        thread.join()


def _size(folder: Path) -> float:
    total = 0
    for file in folder.glob("*"):
        try:
            total += file.stat().st_blocks * 512
        except FileNotFoundError:  # DuckDB removes its files as it goes
            continue
    return total / 1e6


def copy_delivery(factor: int) -> None:
    source = next(x for x in simulated(LONDON).iterdir() if x.is_dir())
    target = WORK / f"scaled-{factor}" / source.name
    target.mkdir(parents=True)
    (target / "SIMULATED.txt").write_text("SIMULATED\n", encoding="utf-8")
    with duckdb.connect() as connection:
        for extract, columns in CRIS.extracts.items():
            rest = ", ".join(columns[1:])
            connection.execute(
                f"copy (select crime_ref || '-' || copy_no as crime_ref, {rest} "
                f"from read_csv('{source}/{extract}.csv', all_varchar = true), "
                f"range({factor}) as copies (copy_no)) "
                f"to '{target}/{extract}.parquet' (format parquet)"
            ).fetchall()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        peak(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--build"]:
        build(int(sys.argv[2]))
    else:
        main([int(x) for x in sys.argv[1:]] or FACTORS)
