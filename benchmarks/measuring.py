"""Whole commands timed from outside; results as JSON next to the scripts."""

from __future__ import annotations

import json
import os
import platform
import re
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
        peak_mb, ended = 0.0, False
        while not ended:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            ended = pid != 0
            if not ended:
                peak_mb = max(peak_mb, _highest_resident_mb(process.pid))
                time.sleep(0.1)
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
        peak_mb=peak_mb,
        output=output,
    )


def _highest_resident_mb(pid: int) -> float:
    """The process's own record so far.

    The record that the system hands over at its end begins with its parent's.
    """
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1]) / 1024 if found else 0.0


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
