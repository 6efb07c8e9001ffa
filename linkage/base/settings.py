"""Paths, and the limits of a run."""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

from linkage.base.errors import LinkageError

PROJECT = Path(__file__).resolve().parents[2]
# Sources of a study, the usual one first.
STUDIES = {
    "victim-withdrawal": ("cris", "nibrs"),
    "violent-crime": ("violent_crime",),
    "national": ("national",),
}
SOURCES = tuple(source for sources in STUDIES.values() for source in sources)
ENGINES = ("duckdb", "spark")
# Where a run may end.
LAST_STAGES = ("publication", "drivers", "release", "site")
# DuckDB's own words for its default.
FREE_DISK = "90% of available disk space"
SIZE = re.compile(r"(?P<number>[1-9]\d*(\.\d+)?) ?(?P<unit>[KMGT]i?B)", re.IGNORECASE)


def set_quiet_environment() -> None:
    """Turn off the telemetry of every tool, and what else would leave the machine.

    Called before any of them is imported; `dbt_project.yml` and `.dagster/dagster.yaml`
    set the same for tools started by hand.
    """
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # A run that is stopped ends at once; its locks are removed silently.
    os.environ.setdefault(
        "PYTHONWARNINGS", "ignore::UserWarning:multiprocessing.resource_tracker"
    )
    # Betas of Dagster: a run of several driver models, links from an asset to its code.
    warnings.filterwarnings(
        "ignore", message="[A-Z]\\w+ `(backfill|CodeRef|LocalFileCodeRef|with_source)"
    )
    # Spark: silent, and no search for an address of this machine.
    os.environ.setdefault(
        "SPARK_CONF_DIR", str(PROJECT / "linkage" / "engines" / "spark_conf")
    )
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")


@dataclass(frozen=True)
class RunSettings:
    """Inputs, outputs and bounds of one run."""

    source: str
    extracts: Path
    warehouse: Path
    study_from: str | None = None
    study_to: str | None = None
    engine: str = "duckdb"
    memory_limit: str = field(default_factory=lambda: default_memory_limit())
    temp_limit: str = field(default_factory=lambda: default_temp_limit())
    threads: int = field(default_factory=lambda: default_threads())
    kept_publications: int = field(default_factory=lambda: default_kept_publications())
    # Build all, or at least the crime reports recorded in these months (YYYY-MM), even
    # where no delivery has changed.
    full_refresh: bool = False
    months: tuple[str, ...] = ()
    # Publish even where fewer crime reports are delivered than were published.
    accept_fewer: bool = False
    # A published warehouse of crime reports that the national study reads.
    record_level: Path | None = None
    # Memory that joins of crime reports take, in bytes per row of the largest raw table
    # (benchmarks/sql_scaling.py).
    memory_per_row: int = 360
    # Loaded for dbt by hand: in separate files, which no run publishes.
    by_hand: bool = False

    @property
    def build_folder(self) -> Path:
        """Next to the warehouse, so that publishing is a rename on one file system."""
        return self.dev_folder if self.by_hand else self._beside(".build")

    @property
    def dev_folder(self) -> Path:
        """Output of dbt by hand, from the data of `linkage load`."""
        return self._beside(".dev")

    def _beside(self, suffix: str) -> Path:
        return self.warehouse.with_name(self.warehouse.name + suffix)

    @property
    def build(self) -> Path:
        """Tables to be published: schemas marts, quality, drivers."""
        return self.build_folder / "build.duckdb"

    @property
    def intake(self) -> Path:
        """Everything before the marts: raw rows, lookups, staging, intermediate."""
        return self.build_folder / "intake.duckdb"

    @property
    def arrivals(self) -> Path:
        """Deliveries on their way into the intake."""
        return self.build_folder / "arrivals.duckdb"

    @property
    def release(self) -> Path:
        """Where dbt builds schema `release` (linkage/publication/release.py)."""
        return self.build_folder / "release"

    @property
    def raw(self) -> Path:
        """Loaded rows as Parquet, read by Spark."""
        return self.build_folder / "raw"

    @property
    def spark_tables(self) -> Path:
        """Output of Spark: a folder per schema, of Parquet tables."""
        return self.build_folder / "tables"

    @property
    def spark_catalog(self) -> Path:
        """The names and types of Spark's tables."""
        return self.build_folder / "catalog"

    @property
    def temp(self) -> Path:
        """Folder for data that does not fit in memory."""
        return self.build_folder / "temp"

    @property
    def target(self) -> Path:
        """Where dbt keeps its manifest and compiled SQL."""
        return self.build_folder / "target"

    @property
    def run_log(self) -> Path:
        """Log of runs, as JSON lines."""
        return self.build_folder / "runs.jsonl"

    @property
    def extracts_note(self) -> Path:
        """Names the folder of extracts that the last run loaded."""
        return self.build_folder / "extracts.txt"

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
        return self._beside(".data_docs")

    @property
    def publications(self) -> Path:
        """Earlier publications, by number."""
        return self._beside(".publications")

    @property
    def record_key(self) -> Path:
        """The secret of record keys; for the owner alone.

        LINKAGE_RECORD_KEY_FILE names another place, such as one that is backed up.
        """
        given = os.environ.get("LINKAGE_RECORD_KEY_FILE")
        return Path(given) if given else self._beside(".record_key")

    @property
    def site(self) -> Path:
        """The report site of the published warehouse."""
        return self._beside(".site")

    def duckdb_config(self) -> dict[str, str | bool | int | float | list[str]]:
        """Limits of our own connections."""
        return {
            "memory_limit": self.memory_limit,
            "threads": str(self.threads),
            "temp_directory": str(self.temp),
            # Once, not after each of many small files.
            "checkpoint_threshold": "2GB",
        }

    def dbt_environment(self) -> dict[str, str]:
        """Environment of `profiles.yml` and the models."""
        return {
            "LINKAGE_SOURCE": self.source,
            "LINKAGE_BUILD": str(self.build),
            "LINKAGE_INTAKE": str(self.intake),
            "LINKAGE_TEMP": str(self.temp),
            "LINKAGE_MEMORY_LIMIT": self.memory_limit,
            "LINKAGE_TEMP_LIMIT": self.temp_limit,
            "LINKAGE_SPARK_MEMORY": f"{mebibytes(self.memory_limit)}m",
            "LINKAGE_THREADS": str(self.threads),
            "LINKAGE_RAW": str(self.raw),
            "LINKAGE_SPARK_TABLES": str(self.spark_tables),
            "LINKAGE_SPARK_CATALOG": str(self.spark_catalog),
        }

    def dbt_vars(self) -> dict[str, str]:
        """Variables of the models: the study period."""
        return {
            "study_from": self.study_from or "none",
            "study_to": self.study_to or "none",
        }


def default_memory_limit() -> str:
    """The engine's limit: LINKAGE_MEMORY_LIMIT, or half of the machine's memory.

    It takes only the memory a build needs and spills the rest to the temp folder.
    """
    half = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    return _size("LINKAGE_MEMORY_LIMIT", f"{max(half >> 20, 1024)}MiB")


def default_temp_limit() -> str:
    """DuckDB's spill limit: LINKAGE_TEMP_LIMIT, or most of the free disk.

    DuckDB computes that share; our own number would differ from run to run, and
    dbt would read the whole project again each time.
    """
    if os.environ.get("LINKAGE_TEMP_LIMIT", FREE_DISK) == FREE_DISK:
        return FREE_DISK
    return _size("LINKAGE_TEMP_LIMIT", "")


def default_threads() -> int:
    """Threads of dbt and the engine: LINKAGE_THREADS, or the machine's cores."""
    threads = os.environ.get("LINKAGE_THREADS", str(os.cpu_count() or 2))
    if not threads.isdigit() or int(threads) < 1:
        raise LinkageError(f"LINKAGE_THREADS is {threads!r}; set a whole number from 1")
    return int(threads)


def default_kept_publications() -> int:
    """Number of publications kept: LINKAGE_KEPT_PUBLICATIONS, or 3."""
    kept = os.environ.get("LINKAGE_KEPT_PUBLICATIONS", "3")
    if not kept.isdigit() or int(kept) < 1:
        raise LinkageError(
            f"LINKAGE_KEPT_PUBLICATIONS is {kept!r}; set a whole number from 1"
        )
    return int(kept)


def retention_months() -> int:
    """After how many months a report is forgotten: LINKAGE_RETENTION_MONTHS.

    Raises LinkageError where it is not set: no report is removed by a default.
    """
    months = os.environ.get("LINKAGE_RETENTION_MONTHS", "")
    if not months.isdigit() or int(months) < 1:
        raise LinkageError(
            f"LINKAGE_RETENTION_MONTHS is {months or 'not set'!r}; set a whole number "
            "of months from 1"
        )
    return int(months)


def mebibytes(size: str) -> int:
    """A size such as 4GiB or 500 MB as whole mebibytes, at least 1."""
    match = SIZE.fullmatch(size)
    if not match:
        raise LinkageError(f"{size!r} is not a size; write one such as 4GiB")
    number, unit = float(match["number"]), match["unit"].upper()
    base = 1024 if "I" in unit else 1000
    return max(1, int(number * base ** (1 + "KMGT".index(unit[0])) / 1024**2))


def _size(name: str, default: str) -> str:
    size = os.environ.get(name, default)
    if not SIZE.fullmatch(size):
        raise LinkageError(f"{name} is {size!r}; set a size such as 4GiB")
    return size


def study_of(source: str) -> str:
    """The study that is made on a source."""
    return next(study for study, sources in STUDIES.items() if source in sources)


def default_extracts(source: str) -> Path:
    """Default folder of deliveries."""
    return PROJECT / "data" / ("extracts" if source == "cris" else source)


def default_warehouse(source: str, engine: str = "duckdb") -> Path:
    """Where a source's warehouse is published when none is named.

    A file on DuckDB; on Spark a folder of versions.
    """
    return PROJECT / "warehouse" / f"{source}.{engine}"
