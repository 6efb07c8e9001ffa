"""Context of a run for its assets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import dagster as dg
from pydantic import Field

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


class Run(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Settings of a run, as `linkage run` takes them or the launchpad shows them.

    Each source has a class: its assets build no other source's warehouse.
    """

    source: ClassVar[str]
    engine: str = "duckdb"
    extracts: str = ""
    warehouse: str = ""
    study_from: str = ""
    study_to: str = ""
    memory_limit: str = Field(default_factory=default_memory_limit)
    temp_limit: str = Field(default_factory=default_temp_limit)
    threads: int = Field(default_factory=default_threads)
    full_refresh: bool = False
    months: list[str] = Field(default_factory=list)
    accept_fewer: bool = False
    record_level: str = ""
    holds_lock: bool = False

    @property
    def settings(self) -> RunSettings:
        """The settings with their defaults filled in."""
        return RunSettings(
            source=self.source,
            extracts=Path(self.extracts or default_extracts(self.source)),
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

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Run]:
        """Hold the warehouse while the run lasts, unless the command line does."""
        if self.holds_lock:
            yield self
            return
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


def as_resource(settings: RunSettings, *, holds_lock: bool) -> Run:
    """The resource that carries these settings."""
    return RUNS[settings.source](
        extracts=str(settings.extracts),
        warehouse=str(settings.warehouse),
        study_from=settings.study_from or "",
        study_to=settings.study_to or "",
        engine=settings.engine,
        memory_limit=settings.memory_limit,
        temp_limit=settings.temp_limit,
        threads=settings.threads,
        full_refresh=settings.full_refresh,
        months=list(settings.months),
        accept_fewer=settings.accept_fewer,
        record_level=str(settings.record_level or ""),
        holds_lock=holds_lock,
    )


class LogReporter:
    """Progress into Dagster's own log, when nobody watches a terminal."""

    def step(self, name: str) -> None:
        """Log the step."""
        dg.get_dagster_logger().info(name)

    def line(self, text: str) -> None:
        """Log the line."""
        dg.get_dagster_logger().info(text)


def log_progress() -> Progress:
    """Progress for runs that `dagster dev` starts."""
    return Progress(LogReporter())
