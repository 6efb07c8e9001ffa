"""Printed figures against ours, on the real national file and on simulated studies.

Each study is simulated at its own size. A warehouse that stands in the work folder is
taken as it is.

python -m benchmarks.reconciliation
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks.measuring import WORK, linkage, write_result
from report.reconciliation import as_results, compute, open_figures, read_blocks

# Studies of case records, which models are fitted on.
FITTED = ("victim-withdrawal", "violent-crime")


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
    warehouse = WORK / f"reconciliation_{source}.duckdb"
    if warehouse.exists():
        return warehouse
    study = source.removesuffix("_simulated").replace("_", "-")
    run = ["run", "--study", study, "--warehouse", str(warehouse)]
    run += ["--until", "drivers" if study in FITTED else "publication"]
    if source.endswith("_simulated"):
        extracts = warehouse.with_suffix(".extracts")
        shutil.rmtree(extracts, ignore_errors=True)
        linkage("simulate", "--study", study, "--out", str(extracts))
        run += ["--extracts", str(extracts)]
    linkage(*run)
    return warehouse


if __name__ == "__main__":
    main()
