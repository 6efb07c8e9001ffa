"""Printed figures against ours, on the real national file and on simulated studies.

Each study is simulated at its own size. A warehouse of the same code in the work folder
is reused.

python -m benchmarks.reconciliation
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks.measuring import WORK, linkage, write_result
from linkage.base.code_checksum import code_checksum
from linkage.base.settings import RunSettings
from linkage.publication.build_state import CODE
from linkage.report.reconciliation import as_results, compute, open_figures, read_blocks

# Inputs that decide a warehouse's content, in addition to its build code.
MORE_CODE = (
    "data/published",
    "expectations",
    "linkage/oversight",
    "linkage/simulator",
    "ml",
)


def main() -> None:
    """Publish the warehouses that blocks read, and compute every figure."""
    warehouses = {source: _published(source) for source in _sources()}
    with open_figures(warehouses) as connection:
        figures = {one.block: compute(connection, one) for one in read_blocks()}
    path = write_result("reconciliation", {"figures": as_results(figures)})
    sys.stdout.write(f"{path}\n")


def _sources() -> list[str]:
    return sorted({source for one in read_blocks() for source in one.reads})


def _published(source: str) -> Path:
    here = RunSettings("cris", WORK, WORK / "cris.duckdb")
    code = code_checksum(here, (*CODE, *MORE_CODE))[:12]
    warehouse = WORK / f"reconciliation_{source}-{code}.duckdb"
    if warehouse.exists():
        return warehouse
    study = source.removesuffix("_simulated").replace("_", "-")
    run = ["run", "--study", study, "--warehouse", str(warehouse), "--until", "drivers"]
    if source.endswith("_simulated"):
        extracts = warehouse.with_suffix(".extracts")
        shutil.rmtree(extracts, ignore_errors=True)
        linkage("simulate", "--study", study, "--out", str(extracts))
        run += ["--extracts", str(extracts)]
    linkage(*run)
    return warehouse


if __name__ == "__main__":
    main()
