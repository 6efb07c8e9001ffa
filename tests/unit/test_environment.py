"""The locked environment: what is installed can be used."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from linkage.base.settings import PROJECT

PINNED = re.compile(r"^([a-z0-9._-]+)==", re.MULTILINE)
# DuckDB brings it for a driver manager that is not in the lock.
OF_A_LIBRARY_NOT_THERE = {"adbc_driver_duckdb"}
IMPORT_EACH = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError:
        continue
    print(name, flush=True)
print("at the end")
"""


def modules_of_the_lock() -> set[str]:
    """Every top-level module of every distribution of the lock."""
    pinned = set(PINNED.findall((PROJECT / "requirements.lock").read_text()))
    return {
        module
        for module, distributions in packages_distributions().items()
        if module.isidentifier()
        and {re.sub(r"[-_.]+", "-", one).lower() for one in distributions} & pinned
    }


def bare(code: str, *args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """An interpreter without a main file, as Dagster starts for a run."""
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_library_of_the_lock_imports_in_a_bare_interpreter(
    tmp_path: Path,
) -> None:
    modules = modules_of_the_lock()
    assert {"great_expectations", "pyspark", "dagster", "dbt", "pandas"} <= modules
    done = bare(IMPORT_EACH, *sorted(modules), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    *imported, last = done.stdout.splitlines()
    assert modules - set(imported) == OF_A_LIBRARY_NOT_THERE
    assert last == "at the end"


def test_the_audit_and_the_engines_say_nothing_when_they_are_imported(
    tmp_path: Path,
) -> None:
    done = bare(
        "import great_expectations, pyspark.sql, pandas; print('after')",
        folder=tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "after\n", "")
