"""One SQL build, taken apart: load, seeds and models; whole commands and work alone.

python -m benchmarks.sql_build EXTRACTS WAREHOUSE     times the load's work alone
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.measuring import linkage, measure
from linkage.base.settings import PROJECT, RunSettings


@dataclass(frozen=True)
class Node:
    """A seed or model, where it lies, and dbt's seconds for it."""

    name: str
    schema: str
    seconds: float


@dataclass(frozen=True)
class Built:
    """Time of a build; `dbt` is by dbt command.

    Processor seconds are given with the wall's, which other load lengthens.
    """

    load_whole_seconds: float
    load_seconds: float
    dbt_whole_seconds: float
    dbt: dict[str, float]
    load_cpu_seconds: float
    whole_cpu_seconds: float
    dbt_whole_cpu: dict[str, float]
    peak_mb: float
    nodes: list[Node]

    @property
    def dbt_seconds(self) -> float:
        """dbt's time from its first node to its last, compilation included."""
        return sum(self.dbt.values())

    @property
    def work_seconds(self) -> float:
        """Without the start-up of Python and of the tools."""
        return self.load_seconds + self.dbt_seconds

    @property
    def whole_seconds(self) -> float:
        """As someone waits for it who types the commands."""
        return self.load_whole_seconds + self.dbt_whole_seconds


def build(
    settings: RunSettings,
    models: Sequence[str] = (),
    commands: Sequence[str] = ("build",),
) -> Built:
    """Load and build without tests; `models` are built with all they are made from.

    The load runs twice: alone in a process that times its work, then as the command.
    """
    settings = replace(settings, by_hand=True)
    where = (str(settings.extracts), str(settings.warehouse))
    alone = measure([sys.executable, "-m", "benchmarks.sql_build", *where])
    load = linkage("load", "--extracts", where[0], "--warehouse", where[1])
    selection = ["--select", *(f"+{model}" for model in models)] if models else []
    whole, peak = 0.0, load.peak_mb
    cpu: dict[str, float] = {}
    elapsed: dict[str, float] = {}
    nodes: list[Node] = []
    for command in commands:
        done = measure(
            [
                *(sys.executable, "-m", "dbt.cli.main", "--quiet", command),
                *selection,
                *(
                    ("--exclude-resource-type", "test", "unit_test")
                    * (command == "build")
                ),
                *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
                *("--target-path", str(settings.target)),
            ],
            settings.dbt_environment(),
        )
        results = json.loads((settings.target / "run_results.json").read_text())
        whole += done.seconds
        cpu[command] = done.cpu_seconds
        peak = max(peak, done.peak_mb)
        elapsed[command] = results["elapsed_time"]
        manifest = json.loads((settings.target / "manifest.json").read_text())["nodes"]
        for result in results["results"]:
            node = manifest[result["unique_id"]]
            nodes.append(Node(node["name"], node["schema"], result["execution_time"]))
    return Built(
        load_whole_seconds=load.seconds,
        load_seconds=_seconds(alone.output, "work"),
        dbt_whole_seconds=whole,
        dbt=elapsed,
        load_cpu_seconds=_seconds(alone.output, "processor"),
        whole_cpu_seconds=load.cpu_seconds + sum(cpu.values()),
        dbt_whole_cpu=cpu,
        peak_mb=peak,
        nodes=nodes,
    )


def dbt_start_up_cpu(settings: RunSettings) -> float:
    """Processor seconds of a dbt command that runs no node."""
    return measure(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--quiet", "parse"),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(settings.target)),
        ],
        settings.dbt_environment(),
    ).cpu_seconds


def _seconds(output: str, name: str) -> float:
    found = re.search(rf"{name} ([\d.]+) s", output)
    assert found is not None, output
    return float(found[1])


def _time_load(extracts: Path, warehouse: Path) -> None:
    from linkage.extracts.load import load_source

    settings = RunSettings("cris", extracts, warehouse)
    started, cpu = time.perf_counter(), time.process_time()
    load_source(settings)
    print(f"work {time.perf_counter() - started:.6f} s")
    print(f"processor {time.process_time() - cpu:.6f} s")


if __name__ == "__main__":
    _time_load(*map(Path, sys.argv[1:3]))
