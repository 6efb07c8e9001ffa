"""The file context of Great Expectations (great_expectations.yml) for a warehouse."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.duckdb_dialect import register
from expectations.settings import read_settings
from linkage.base.settings import SOURCES, RunSettings

if TYPE_CHECKING:
    from great_expectations.data_context import FileDataContext


def open_context(intake: Path, data_docs: Path) -> FileDataContext:
    """Open the context on the audit tables of an intake; results go to `data_docs`."""
    # No usage statistics leave the machine: set before it is imported.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    register()
    import great_expectations as gx

    # Some of its modules set their own level, and others install a root handler.
    log = logging.getLogger("great_expectations")
    log.setLevel(logging.ERROR)
    log.propagate = False
    return gx.get_context(
        mode="file",
        context_root_dir=Path(__file__).parent,
        runtime_environment={
            "LINKAGE_INTAKE": str(intake.resolve()),
            "LINKAGE_DATA_DOCS": str(data_docs.resolve()),
        },
    )


def open_published(warehouse: str | Path) -> FileDataContext:
    """Open the context on the audit tables of the last run of a DuckDB warehouse.

    Checkpoints have the names of the suites; `tolerances()` are their parameters.
    """
    run = RunSettings(SOURCES[0], Path(), Path(warehouse))
    return open_context(run.intake, run.data_docs)


def tolerances() -> dict[str, float]:
    """For each gap the least share of rows that must be as expected."""
    return {gap.gap: 1 - gap.tolerance for gap in read_settings()[1]}
