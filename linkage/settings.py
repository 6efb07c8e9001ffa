"""Where things lie, and the limits a run keeps to."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SOURCES = ("cris", "nibrs")


def set_quiet_environment() -> None:
    """Turn off the telemetry of every tool, and what else would leave the machine.

    Called before any of them is imported; `dbt_project.yml` and `.dagster/dagster.yaml`
    say the same for those who start the tools by hand.
    """
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    os.environ["GX_ANALYTICS_ENABLED"] = "false"


@dataclass(frozen=True)
class RunSettings:
    """What one run reads, writes and bounds."""

    source: str
    extracts: Path
    warehouse: Path
    study_from: str | None = None
    study_to: str | None = None
    memory_limit: str = field(default_factory=lambda: default_memory_limit())
    threads: int = field(default_factory=lambda: default_threads())

    @property
    def build_folder(self) -> Path:
        """Beside the warehouse, so that publishing is a rename on one file system."""
        return self.warehouse.with_name(self.warehouse.name + ".build")

    @property
    def build(self) -> Path:
        """What will be published: schemas marts, quality, drivers."""
        return self.build_folder / "build.duckdb"

    @property
    def intake(self) -> Path:
        """Everything before the marts: raw rows, lookups, staging, intermediate."""
        return self.build_folder / "intake.duckdb"

    @property
    def temp(self) -> Path:
        """Where DuckDB spills what does not fit in memory."""
        return self.build_folder / "temp"

    @property
    def target(self) -> Path:
        """Where dbt keeps its manifest and compiled SQL."""
        return self.build_folder / "target"

    @property
    def lock(self) -> Path:
        """Held while a run builds or publishes."""
        return self.build_folder / "run.lock"

    @property
    def audited_docs(self) -> Path:
        """Data Docs of the audit just run, published or not."""
        return self.build_folder / "data_docs"

    @property
    def data_docs(self) -> Path:
        """Data Docs of the published warehouse."""
        return self.warehouse.with_name(self.warehouse.name + ".data_docs")

    def dbt_environment(self) -> dict[str, str]:
        """What `profiles.yml` reads."""
        return {
            "LINKAGE_BUILD": str(self.build),
            "LINKAGE_INTAKE": str(self.intake),
            "LINKAGE_TEMP": str(self.temp),
            "LINKAGE_MEMORY_LIMIT": self.memory_limit,
            "LINKAGE_THREADS": str(self.threads),
        }

    def dbt_vars(self) -> dict[str, str]:
        """What the models read: source and study period."""
        return {
            "source": self.source,
            "study_from": self.study_from or "none",
            "study_to": self.study_to or "none",
        }


def default_memory_limit() -> str:
    """DuckDB's limit: LINKAGE_MEMORY_LIMIT, or half of the machine's memory.

    It takes only what a build needs; what does not fit is spilled to the temp folder.
    """
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return os.environ.get("LINKAGE_MEMORY_LIMIT", f"{max(half >> 20, 1024)}MiB")


def default_threads() -> int:
    """Threads of dbt and DuckDB: LINKAGE_THREADS, or the machine's cores."""
    return int(os.environ.get("LINKAGE_THREADS", str(os.cpu_count() or 2)))


def default_extracts(source: str) -> Path:
    """Where deliveries are looked for when none is named."""
    return PROJECT / "data" / ("nibrs" if source == "nibrs" else "extracts")


def default_warehouse(source: str) -> Path:
    """Where a source's warehouse is published when none is named."""
    return PROJECT / "warehouse" / f"{source}.duckdb"
