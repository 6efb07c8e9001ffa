"""Runs the command line as a user does: another process, its status and its streams.

A run of a small delivery is for a quarter the import of the tools. So `run_linkage`
forks a process that has imported them; `start_linkage`, the README's commands and
whatever sets a limit of the system begin with a new interpreter.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from linkage.base.settings import PROJECT, RunSettings

Completed = subprocess.CompletedProcess[str]
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["tests.imported_tools"])


@dataclass(frozen=True)
class PublishedRun:
    """A warehouse that one `linkage run` published."""

    path: Path
    stdout: str
    settings: RunSettings


def command(*args: object) -> list[str]:
    """The `linkage` command line with these arguments."""
    return [sys.executable, "-m", "linkage.cli", *map(str, args)]


def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment, with the project importable."""
    return {
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        "COLUMNS": "200",
        "PYTHONUNBUFFERED": "1",
        **(env or {}),
    }


def run_linkage(
    *args: object,
    env: Mapping[str, str] | None = None,
    timeout: float = 600,
    preexec: Callable[[], Any] | None = None,
) -> Completed:
    """Run `linkage ARGS` in the project's folder and wait for it."""
    if preexec is None:
        return _run_forked(list(map(str, args)), environment(env), timeout)
    return subprocess.run(
        command(*args),
        cwd=PROJECT,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        preexec_fn=preexec,
    )


def _run_forked(
    args: list[str], environment: dict[str, str], timeout: float
) -> Completed:
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder) / name for name in ("stdout", "stderr")]
        process = FORKS.Process(target=_be_linkage, args=(args, environment, streams))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(command(*args), timeout)
        printed = [path.read_text(encoding="utf-8") for path in streams]
        return subprocess.CompletedProcess(command(*args), process.exitcode, *printed)


def _be_linkage(
    args: list[str], environment: dict[str, str], streams: list[Path]
) -> None:
    from linkage.cli import main

    for number, path in enumerate(streams, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.chdir(PROJECT)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["linkage", *args]
    main()


def start_linkage(
    *args: object, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start `linkage ARGS`; the caller waits for it or stops it."""
    return subprocess.Popen(
        command(*args),
        cwd=PROJECT,
        env=environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def start_python(code: str, *args: object) -> subprocess.Popen[str]:
    """Start a program that says `ready` and then waits for its standard input."""
    started = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        cwd=PROJECT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline().strip() == "ready"
    return started


def frame(warehouse: Path, query: str, *values: object) -> pd.DataFrame:
    """What a query finds in a warehouse, opened read-only as a reader would."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(query, list(values)).df()


def rows(warehouse: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The same, as tuples."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(query, list(values)).fetchall()
