"""Context of a run for its assets: its settings, its progress, its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg
from pydantic import Field

from linkage.base.errors import LinkageError, WarehouseBusyError
from linkage.base.progress import Progress
from linkage.base.settings import (
    SOURCES,
    RunSettings,
    default_extracts,
    default_memory_limit,
    default_temp_limit,
    default_threads,
    default_warehouse,
)
from linkage.publication.publish import one_run_at_a_time

PROGRESS = "progress"
# A second and a third try, after half a minute and a minute: for a disk or a lock that
# was busy, not for unreadable input.
RETRIES = dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL)


class Run(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Settings of a run, as `linkage run` takes them or the launchpad shows them.

    Each source has a class: its assets build no other source's warehouse.
    """

    source: ClassVar[str]
    engine: str = "duckdb"
    extracts: str = Field(
        default="",
        description="Folder of deliveries; by default the landing folder, or while "
        "there is none the folder of the last run.",
    )
    warehouse: str = ""
    study_from: str = ""
    study_to: str = ""
    memory_limit: str = Field(default_factory=default_memory_limit)
    temp_limit: str = Field(default_factory=default_temp_limit)
    threads: int = Field(default_factory=default_threads)
    full_refresh: bool = False
    months: list[str] = Field(
        default_factory=list,
        description="Months (YYYY-MM) whose crime reports are built again, too.",
    )
    accept_fewer: bool = False
    record_level: str = ""

    @property
    def landing(self) -> Path:
        """The folder where deliveries land."""
        return Path(self.extracts or default_extracts(self.source))

    @property
    def settings(self) -> RunSettings:
        """The settings with their defaults filled in."""
        settings = RunSettings(
            source=self.source,
            extracts=self.landing,
            warehouse=Path(
                self.warehouse or default_warehouse(self.source, self.engine)
            ).resolve(),
            study_from=self.study_from or None,
            study_to=self.study_to or None,
            engine=self.engine,
            memory_limit=self.memory_limit,
            temp_limit=self.temp_limit,
            threads=self.threads,
            full_refresh=self.full_refresh,
            months=tuple(self.months),
            accept_fewer=self.accept_fewer,
            record_level=Path(self.record_level) if self.record_level else None,
        )
        note = settings.extracts_note
        if self.extracts or self.landing.exists() or not note.exists():
            return settings
        return replace(settings, extracts=Path(note.read_text(encoding="utf-8")))

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Run]:
        """Hold the warehouse while the run lasts."""
        with one_run_at_a_time(self.settings):
            yield self


def _run_of(source: str) -> type[Run]:
    class RunOfSource(Run):
        source: ClassVar[str]

    RunOfSource.source = source
    return RunOfSource


RUNS = {source: _run_of(source) for source in SOURCES}


def resource_key(source: str) -> str:
    """Where the launchpad has the settings of a source's runs."""
    return f"{source}_run"


def run_config(settings: RunSettings) -> dict[str, Any]:
    """Config of a job's resources: what `linkage run` was asked for."""
    config = {
        name: str(value) if isinstance(value, Path) else value
        for name in RUNS[settings.source].model_fields
        if (value := getattr(settings, name))
    }
    config["months"] = list(settings.months)
    return {resource_key(settings.source): {"config": config}}


def settings_of(run: dg.DagsterRun) -> Iterator[RunSettings]:
    """Those of each source whose assets, or whose job, were run."""
    chosen = {key.path[0] for key in run.asset_selection or ()}
    resources: Any = run.run_config.get("resources", {})
    for source, of_source in RUNS.items():
        if source in chosen or run.job_name.startswith(f"{source}_"):
            given = resources.get(resource_key(source), {}).get("config", {})
            yield of_source(**given).settings


@contextmanager
def stage_of(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, source: str
) -> Iterator[tuple[RunSettings, Progress]]:
    """Settings of an asset of this source, and the target of its progress.

    Errors for a user to correct are not retried; a conflict with another run is.
    """
    run: Run = getattr(context.resources, resource_key(source))
    try:
        yield run.settings, getattr(context.resources, PROGRESS)
    except WarehouseBusyError:
        raise
    except LinkageError as error:
        raise dg.Failure(str(error), allow_retries=False) from error


class LogReporter:
    """Progress into Dagster's own log, when nobody watches a terminal."""

    def step(self, name: str) -> None:
        """Log the step."""
        dg.get_dagster_logger().info(name)

    def line(self, text: str) -> None:
        """Log the line."""
        dg.get_dagster_logger().info(text)


@dg.resource
def log_progress() -> Progress:
    """Progress for runs that `dagster dev` starts."""
    return Progress(LogReporter())
