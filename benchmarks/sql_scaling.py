"""The SQL build at 1, 10 and 50 times the London size, DuckDB held to 4 GiB.

Larger inputs are copies of one simulated delivery under crime references of their own,
as a Parquet delivery. Measured: the models alone, as `dbt run` reports them.
"""

from __future__ import annotations

import json
import shutil
import sys

import duckdb

from benchmarks.measuring import WORK, linkage, measure, simulated, write_result
from extracts.deliveries import EXTRACTS
from linkage.settings import PROJECT, RunSettings

LONDON = 273_298
MEMORY = "4GiB"


def main(factors: list[int]) -> None:
    measured = []
    for factor in factors:
        measured.append(_measure(factor))
        # Machines drift: the smallest size runs first and last, the faster one counts.
        base = min(
            one["models_seconds_per_million_reports"]
            for one in measured
            if one["factor"] == factors[0]
        )
        for one in measured:
            one["relative_time_per_row"] = (
                one["models_seconds_per_million_reports"] / base
            )
        write_result("sql_scaling", {"memory_limit": MEMORY, "sizes": measured})


def _measure(factor: int) -> dict[str, float]:
    folder = WORK / f"scaled-{factor}"
    warehouse = WORK / f"scaled-{factor}.duckdb"
    settings = RunSettings("cris", folder, warehouse, memory_limit=MEMORY)
    if not folder.exists():
        _copy_delivery(factor)
    env = {"LINKAGE_MEMORY_LIMIT": MEMORY}
    load = linkage(
        "load", "--extracts", str(folder), "--warehouse", str(warehouse), env=env
    )
    common = [
        "--project-dir",
        str(PROJECT),
        "--profiles-dir",
        str(PROJECT),
        "--target-path",
        str(settings.target),
    ]
    dbt = [sys.executable, "-m", "dbt.cli.main", "--quiet"]
    environment = settings.dbt_environment()
    measure([*dbt, "seed", *common], environment)
    models = measure(
        [*dbt, "run", "--exclude", "path:models/staging/nibrs", *common], environment
    )
    elapsed = json.loads((settings.target / "run_results.json").read_text())[
        "elapsed_time"
    ]
    with duckdb.connect(str(settings.build), read_only=True) as connection:
        row = connection.execute(
            "select max(crime_reports_left), min(crime_reports_left) "
            "from marts.case_flow"
        ).fetchone()
    assert row is not None
    reports, cases = row
    size = settings.build.stat().st_size + settings.intake.stat().st_size
    shutil.rmtree(settings.build_folder)
    shutil.rmtree(folder)
    return {
        "factor": factor,
        "crime_reports": reports,
        "cases": cases,
        "load_seconds": load.seconds,
        "models_seconds": elapsed,
        "models_peak_mb": models.peak_mb,
        "database_mb": size / 1e6,
        "models_seconds_per_million_reports": elapsed / reports * 1e6,
    }


def _copy_delivery(factor: int) -> None:
    source = next(x for x in simulated(LONDON).iterdir() if x.is_dir())
    target = WORK / f"scaled-{factor}" / source.name
    target.mkdir(parents=True)
    (target / "SIMULATED.txt").write_text("SIMULATED\n", encoding="utf-8")
    with duckdb.connect() as connection:
        for extract, columns in EXTRACTS.items():
            rest = ", ".join(columns[1:])
            connection.execute(
                f"copy (select crime_ref || '-' || copy_no as crime_ref, {rest} "
                f"from read_csv('{source}/{extract}.csv', all_varchar = true), "
                f"range({factor}) as copies (copy_no)) "
                f"to '{target}/{extract}.parquet' (format parquet)"
            ).fetchall()


if __name__ == "__main__":
    main([int(x) for x in sys.argv[1:]] or [1, 10, 50, 1])
