"""The main job in this process, for the command line."""

from __future__ import annotations

import gc
import os
from concurrent.futures import Future
from threading import Thread
from typing import Any

import dagster as dg

from linkage.base.progress import Progress
from linkage.base.settings import LAST_STAGES, RunSettings
from orchestration import dbt_project
from orchestration.early_imports import import_later_stages
from orchestration.stages import Project, Stage, stages_of

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_in_process(
    settings: RunSettings, progress: Progress, until: str = LAST_STAGES[-1]
) -> None:
    """Run the stages up to one of LAST_STAGES; the caller holds the warehouse's lock.

    Dagster keeps a run's history, asset by asset, only if DAGSTER_HOME is set.
    Otherwise each stage is one asset: events that nobody would read took longer than a
    small run. Raises the error of the failing stage.
    """
    project = _begin_to_read_project(settings)
    if os.environ.get("DAGSTER_HOME"):
        from orchestration.jobs import materialize_assets

        with progress.step("Read the project"):
            read = project.result()
        materialize_assets(settings, progress, read, until)
        return
    dg.materialize(
        _assets_by_stage(settings, progress, project, until),
        instance=dg.DagsterInstance.ephemeral(),
        run_config=QUIET,
        raise_on_error=True,
    )


def _begin_to_read_project(settings: RunSettings) -> Future[Project]:
    """Read the project, and import later stages, while the engine loads.

    A failure is for the stage that needs it. Garbage collection is off meanwhile, and
    afterwards skips the loaded objects: they stay until the end, and repeated scans of
    them took a tenth of a small run.
    """
    # Dagster would find it half imported: users of SQLAlchemy look for it.
    import sqlalchemy.orm  # noqa: F401

    project: Future[Project] = Future()

    def read() -> None:
        gc.disable()
        try:
            parsed = dbt_project.parse(settings)
            manifest = dbt_project.read_manifest(dbt_project.manifest_path(settings))
            project.set_result(Project(manifest, parsed))
        except BaseException as error:
            project.set_exception(error)
        import_later_stages()
        gc.freeze()
        gc.enable()

    Thread(target=read, name="meanwhile", daemon=True).start()
    return project


def _assets_by_stage(
    settings: RunSettings, progress: Progress, project: Future[Project], until: str
) -> list[dg.AssetsDefinition]:
    assets: list[dg.AssetsDefinition] = []
    for last in LAST_STAGES[: LAST_STAGES.index(until) + 1]:
        for name, stage in stages_of(settings.source)[last].items():
            before = [assets[-1].key] if assets else []
            assets.append(_asset(name, before, stage, (settings, progress, project)))
    return assets


def _asset(
    name: str, before: list[dg.AssetKey], stage: Stage, arguments: tuple[Any, Any, Any]
) -> dg.AssetsDefinition:
    @dg.asset(name=name, deps=before)
    def run_stage() -> None:
        stage(*arguments)

    return run_stage
