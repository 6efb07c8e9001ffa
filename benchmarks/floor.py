"""The SQL build against its floor: the same bytes in and out, and nothing in between.

The floor is a plain DuckDB program, with the threads and memory of the build. It reads
every column of the five raw CSV files and only counts, then writes every table of a
built warehouse (schemas marts, quality, drivers) into a new database file, checkpoint
included. The build is, in seconds without the start-up of Python or of dbt:

- load: `load_source` (checksum and check of every byte, all rows as text into the
  intake database, its checkpoint);
- seeds and models: `elapsed_time` of `dbt seed` and of `dbt run`: lookups, staging
  views, intermediate, mart and audit tables, on as many threads.

Excess by model: dbt's seconds for a node less the floor's seconds for writing that
table. Nodes run side by side, so that they add up to more than the elapsed time.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass
from typing import Any

import duckdb

from benchmarks.measuring import WORK, simulated, write_result
from benchmarks.sql_build import Built, build, dbt_start_up_cpu
from linkage.base.settings import RunSettings
from linkage.extracts.layouts import CRIS

LONDON = 273_298
SLOWEST = 10


@dataclass(frozen=True)
class Floor:
    """Seconds to read each raw file, to write each table, and to close the file."""

    read: dict[str, float]
    written: dict[str, float]
    checkpoint: float
    read_cpu: float
    write_cpu: float
    values: int
    megabytes: float

    @property
    def read_seconds(self) -> float:
        return sum(self.read.values())

    @property
    def write_seconds(self) -> float:
        return sum(self.written.values()) + self.checkpoint


def main(repeats: int = 5) -> None:
    extracts = simulated(LONDON)
    settings = RunSettings("cris", extracts, WORK / "floor.duckdb", by_hand=True)
    build(settings, commands=("seed", "run"))  # dbt keeps what it has parsed
    builds, floors, start_ups = [], [], []
    for _ in range(repeats):
        builds.append(build(settings, commands=("seed", "run")))
        floors.append(floor(settings))
        start_ups.append(dbt_start_up_cpu(settings))
        write_result("floor", _compared(settings, builds, floors, start_ups))


def floor(settings: RunSettings) -> Floor:
    """Read the raw files and write the built tables, nothing more."""
    path = settings.build_folder / "floor.duckdb"
    path.unlink(missing_ok=True)
    delivery = next(x for x in settings.extracts.iterdir() if x.is_dir())
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(settings.temp),
        "preserve_insertion_order": False,
        "checkpoint_threshold": "2GB",
    }
    read, written = {}, {}
    cpu = [time.process_time()]
    with duckdb.connect(str(path), config=config) as connection:
        for extract, columns in CRIS.extracts.items():
            counts = ", ".join(f"count({column})" for column in columns)
            read[extract] = _time(
                connection,
                f"select {counts} from "
                f"read_csv('{delivery / extract}.csv', all_varchar = true)",
            )
        cpu.append(time.process_time())
        connection.execute(f"attach '{settings.build}' as built (read_only)")
        tables = connection.execute(
            "select schema_name, table_name, estimated_size * column_count "
            "from duckdb_tables() where database_name = 'built'"
        ).fetchall()
        for schema in {schema for schema, _, _ in tables}:
            connection.execute(f"create schema {schema}")
        for schema, table, _ in tables:
            written[table] = _time(
                connection,
                f"create table {schema}.{table} as from built.{schema}.{table}",
            )
        checkpoint = _time(connection, "checkpoint")
        cpu.append(time.process_time())
    return Floor(
        read=read,
        written=written,
        checkpoint=checkpoint,
        read_cpu=cpu[1] - cpu[0],
        write_cpu=cpu[2] - cpu[1],
        values=sum(values for _, _, values in tables),
        megabytes=path.stat().st_size / 1e6,
    )


def _time(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    started = time.perf_counter()
    connection.execute(query).fetchall()
    return time.perf_counter() - started


def _compared(
    settings: RunSettings,
    builds: list[Built],
    floors: list[Floor],
    start_ups: list[float],
) -> dict[str, Any]:
    median = statistics.median
    load = median(x.load_seconds for x in builds)
    seeds = median(x.dbt["seed"] for x in builds)
    models = median(x.dbt["run"] for x in builds)
    read = median(x.read_seconds for x in floors)
    write = median(x.write_seconds for x in floors)
    pairs = list(zip(builds, floors, strict=True))
    return {
        "cases": LONDON,
        "runs": len(builds),
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
        "values_written": floors[-1].values,
        "database_mb": {
            "floor": floors[-1].megabytes,
            "build": settings.build.stat().st_size / 1e6,
            "intake": settings.intake.stat().st_size / 1e6,
        },
        "floor_seconds": {"read": read, "write": write, "total": read + write},
        "build_seconds": {
            "load": load,
            "seeds": seeds,
            "models": models,
            "total": load + seeds + models,
        },
        # Medians of the ratio of each round: machines drift.
        "build_over_floor": median(
            b.work_seconds / (f.read_seconds + f.write_seconds) for b, f in pairs
        ),
        "models_over_write": median(b.dbt["run"] / f.write_seconds for b, f in pairs),
        "load_over_read": median(b.load_seconds / f.read_seconds for b, f in pairs),
        "processor_seconds": _processor(builds, floors, start_ups),
        **_by_node(builds, floors),
    }


def _processor(
    builds: list[Built], floors: list[Floor], start_ups: list[float]
) -> dict[str, float]:
    """The same in processor seconds, which neighbours on the machine do not lengthen.

    Time of a dbt command beyond one that runs no node.
    """
    median = statistics.median
    start_up = median(start_ups)
    load = median(x.load_cpu_seconds for x in builds)
    seeds, models = (
        median(x.dbt_whole_cpu[command] for x in builds) - start_up
        for command in ("seed", "run")
    )
    read = median(x.read_cpu for x in floors)
    write = median(x.write_cpu for x in floors)
    return {
        "floor_read": read,
        "floor_write": write,
        "load": load,
        "seeds": seeds,
        "models": models,
        "dbt_start_up": start_up,
        "build_over_floor": (load + seeds + models) / (read + write),
        "models_over_write": models / write,
        "load_over_read": load / read,
    }


def _by_node(builds: list[Built], floors: list[Floor]) -> dict[str, Any]:
    schemas: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    for built in builds:
        totals: dict[str, float] = {}
        for node in built.nodes:
            seconds.setdefault(node.name, []).append(node.seconds)
            totals[node.schema] = totals.get(node.schema, 0.0) + node.seconds
        for schema, total in totals.items():
            schemas.setdefault(schema, []).append(total)
    nodes: list[dict[str, Any]] = []
    for name, times in seconds.items():
        own = statistics.median(times)
        least = statistics.median(x.written.get(name, 0.0) for x in floors)
        nodes.append(
            {
                "node": name,
                "seconds": own,
                "floor_seconds": least,
                "excess_seconds": own - least,
            }
        )
    nodes.sort(key=lambda node: node["seconds"], reverse=True)
    return {
        "node_seconds_by_schema": {
            schema: statistics.median(totals) for schema, totals in schemas.items()
        },
        "slowest_nodes": nodes[:SLOWEST],
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
