"""Whole commands timed from outside; results as JSON beside the scripts."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
RESULTS = PROJECT / "benchmarks"
WORK = PROJECT / "warehouse" / "benchmarks"


@dataclass(frozen=True)
class Measured:
    """A finished command: wall and processor seconds, peak resident MB, its output."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


def measure(command: list[str], env: dict[str, str] | None = None) -> Measured:
    """Run a command to its end; raises CalledProcessError if it fails."""
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        lines: list[str] = []
        stream = process.stdout
        assert stream is not None
        reader = threading.Thread(target=lambda: lines.extend(stream))
        reader.start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        reader.join()
    output = "".join(lines)
    if process.returncode:
        error = subprocess.CalledProcessError(process.returncode, command, output)
        error.add_note(output[-4000:])
        raise error
    return Measured(
        seconds=time.perf_counter() - started,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / 1024,
        output=output,
    )


def linkage(*arguments: str, env: dict[str, str] | None = None) -> Measured:
    """Run the command line."""
    return measure([sys.executable, "-m", "linkage.cli", *arguments], env)


def write_result(name: str, result: dict[str, Any]) -> Path:
    """Write a result with the machine it was measured on."""
    path = RESULTS / f"{name}.json"
    content = {
        "measured_on": {
            "cores": os.cpu_count(),
            "machine": platform.machine(),
            "python": platform.python_version(),
        },
        **result,
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path


def simulated(cases: int) -> Path:
    """A simulated delivery of this size, made once."""
    folder = WORK / f"simulated-{cases}"
    if not (folder / "truth.json").exists():
        linkage("simulate", "--out", str(folder), "--cases", str(cases))
    return folder
