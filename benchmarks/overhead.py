"""Overhead of `linkage run`: imports, reading the project, orchestration.

Two measures, both of warm runs (the project read before, byte code there) up to the
driver models; their pages and the report site come after:

- on next to nothing (100 cases), where all of the time is overhead;
- at the London size, the run less the same work without the tools: the loader, every
  statement of dbt's compiled models and data tests in DuckDB alone, one audit query per
  gap, the fits, the file's publication.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measuring import WORK, Measured, linkage, measure, simulated
from benchmarks.measuring import write_result as write
from linkage.base.settings import PROJECT, RunSettings

LONDON = 273_298
TINY = 100


def main(repeats: int) -> None:
    tiny = _settings(TINY)
    linkage(*_run(tiny))
    tiny_runs = [linkage(*_run(tiny)) for _ in range(repeats)]
    london = _settings(LONDON)
    linkage(*_run(london))
    runs, works = [], []
    for _ in range(repeats):
        runs.append(linkage(*_run(london)))
        works.append(
            json.loads(
                measure(
                    [sys.executable, "-m", "benchmarks.overhead", "--work"]
                ).output.splitlines()[-1]
            )
        )
    work = {name: statistics.median(one[name] for one in works) for name in works[0]}
    total = statistics.median(one.seconds for one in runs)
    write(
        "overhead",
        {
            "runs": repeats,
            "tiny_cases": TINY,
            "tiny_seconds": statistics.median(one.seconds for one in tiny_runs),
            "tiny_steps_seconds": _steps(tiny_runs),
            "tiny_cpu_seconds": statistics.median(x.cpu_seconds for x in tiny_runs),
            "london_seconds": total,
            "london_steps_seconds": _steps(runs),
            "work_seconds": sum(work.values()),
            "work_by_stage_seconds": work,
            "overhead_seconds": total - sum(work.values()),
        },
    )


def _settings(cases: int) -> RunSettings:
    return RunSettings("cris", simulated(cases), WORK / f"overhead-{cases}.duckdb")


def _run(settings: RunSettings) -> tuple[str, ...]:
    return (
        *("run", "--full-refresh", "--until", "drivers"),
        *("--extracts", str(settings.extracts)),
        *("--warehouse", str(settings.warehouse)),
    )


def _steps(runs: list[Measured]) -> dict[str, float]:
    steps: dict[str, list[float]] = {}
    for one in runs:
        for name, seconds in re.findall(r"done (.+?) \(([\d.]+) s\)", one.output):
            steps.setdefault(name, []).append(float(seconds))
    return {name: statistics.median(seconds) for name, seconds in steps.items()}


def work_alone(settings: RunSettings) -> dict[str, float]:
    """Seconds of each stage's work, the modules it needs imported before."""
    from expectations.settings import read_settings
    from linkage.extracts.load import load_source
    from linkage.publication.publish import publish
    from ml.drivers import fit_published

    import sklearn.metrics  # noqa: F401  isort: skip

    statements = _statements(settings)
    suites, gaps = read_settings()
    tables = {suite.suite: suite.table for suite in suites}
    seconds = {}
    seconds["load"] = _time(lambda: load_source(settings))
    with _connection(settings) as connection:
        for path in sorted((PROJECT / "seeds").glob("*.csv")):
            _seed(connection, settings, path)
        started = time.perf_counter()
        for statement in statements:
            connection.execute(statement).fetchall()
        connection.execute("checkpoint").fetchall()
        connection.execute("checkpoint intake").fetchall()
        seconds["models and data tests"] = time.perf_counter() - started
        started = time.perf_counter()
        for gap in gaps:
            if settings.source in gap.sources:
                connection.execute(
                    f"select delivery, count({gap.gap}), count(*) filter ({gap.gap}) "
                    f"from intake.audit.{tables[gap.suite]} group by delivery"
                ).fetchall()
        seconds["audit"] = time.perf_counter() - started
    seconds["publish"] = _time(lambda: publish(settings))
    seconds["drivers"] = _time(lambda: fit_published(settings))
    return seconds


def _time(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _connection(settings: RunSettings) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        str(settings.build),
        config={
            "memory_limit": settings.memory_limit,
            "temp_directory": str(settings.temp),
            "preserve_insertion_order": "false",
            "checkpoint_threshold": "2GB",
            "disabled_optimizers": "join_order,build_side_probe_side",
        },
    )
    connection.execute(f"attach '{settings.intake}' as intake").fetchall()
    for schema in (
        *("build.marts", "build.quality", "build.drivers", "intake.seeds"),
        *("intake.staging", "intake.intermediate", "intake.audit"),
    ):
        connection.execute(f"create schema if not exists {schema}").fetchall()
    return connection


def _seed(
    connection: duckdb.DuckDBPyConnection, settings: RunSettings, path: Path
) -> None:
    manifest = _manifest(settings)
    node = manifest[f"seed.crime_outcome_linkage.{path.stem}"]
    types = ", ".join(
        f"'{name}': '{kind}'" for name, kind in node["config"]["column_types"].items()
    )
    connection.execute(
        f"create or replace table {node['relation_name']} as select * from "
        f"read_csv('{path}', header = true, types = {{{types}}})"
    ).fetchall()


def _statements(settings: RunSettings) -> list[str]:
    """dbt's nodes, in the order of their end."""
    results = json.loads((settings.target / "run_results.json").read_text())["results"]
    manifest = _manifest(settings)
    statements = []
    for one in sorted(results, key=lambda x: x["timing"][-1]["completed_at"]):
        node = manifest.get(one["unique_id"])
        if node is None or node["resource_type"] not in ("model", "test"):
            continue
        if node["config"]["materialized"] == "ephemeral":
            continue
        if node["resource_type"] == "test":
            statements.append(f"select count(*) from ({one['compiled_code']}) as rows")
            continue
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        statements.append(
            f"create or replace {kind} {node['relation_name']} as "
            f"{one['compiled_code']}"
        )
    return statements


def _manifest(settings: RunSettings) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        (settings.target / "manifest.json").read_text()
    )["nodes"]
    return content


if __name__ == "__main__":
    if sys.argv[1:] == ["--work"]:
        print(json.dumps(work_alone(_settings(LONDON))))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
