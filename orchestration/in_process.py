"""The main job in this process, for the command line."""

from __future__ import annotations

import os
from typing import Any

import dagster as dg

from linkage.progress import Progress
from linkage.settings import LAST_ROOMS, RunSettings
from orchestration import dbt_project
from orchestration.rooms import ROOMS, Project, Room

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_in_process(
    settings: RunSettings, progress: Progress, until: str = LAST_ROOMS[-1]
) -> None:
    """Run the rooms up to one of LAST_ROOMS; the caller holds the warehouse's lock.

    Dagster keeps a run's history, asset by asset, only where DAGSTER_HOME says. Where
    it does not, each room is one asset: what nobody would read, event by event, took
    longer than a small run. Raises what the failing room raised.
    """
    with progress.step("Read the project"):
        parsed = dbt_project.parse(settings)
        project = Project(
            dbt_project.read_manifest(dbt_project.manifest_path(settings)), parsed
        )
    if os.environ.get("DAGSTER_HOME"):
        from orchestration.jobs import materialize_assets

        materialize_assets(settings, progress, project, until)
        return
    dg.materialize(
        _assets_by_room(settings, progress, project, until),
        instance=dg.DagsterInstance.ephemeral(),
        run_config=QUIET,
        raise_on_error=True,
    )


def _assets_by_room(
    settings: RunSettings, progress: Progress, project: Project, until: str
) -> list[dg.AssetsDefinition]:
    assets: list[dg.AssetsDefinition] = []
    for last in LAST_ROOMS[: LAST_ROOMS.index(until) + 1]:
        for name, room in ROOMS[last].items():
            before = [assets[-1].key] if assets else []
            assets.append(_asset(name, before, room, (settings, progress, project)))
    return assets


def _asset(
    name: str, before: list[dg.AssetKey], room: Room, arguments: tuple[Any, Any, Any]
) -> dg.AssetsDefinition:
    @dg.asset(name=name, deps=before)
    def run_room() -> None:
        room(*arguments)

    return run_room
