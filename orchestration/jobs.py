"""The main job, one per source: everything but what only the other source needs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from linkage.progress import Progress
from linkage.settings import LAST_ROOMS, SOURCES, RunSettings
from orchestration.assets import (
    TRANSLATOR,
    audit_asset,
    boosting_asset,
    driver_pages_asset,
    drivers_asset,
    extracts_asset,
    family_assets,
    model_assets,
    monitor_asset,
    publication_asset,
)
from orchestration.automation import (
    RETRIES,
    landing_sensors,
    notification_sensors,
    schedules,
)
from orchestration.run_context import Run, as_resource, log_progress


def all_assets(
    manifest: Mapping[str, Any],
    parsed: Any = None,
    retries: dg.RetryPolicy | None = None,
) -> list[dg.AssetsDefinition]:
    """Every asset of a run, in the order of the rooms."""
    return [
        extracts_asset(manifest, retries),
        model_assets(manifest, parsed),
        audit_asset(manifest),
        publication_asset(manifest, retries),
        drivers_asset(retries),
        monitor_asset(retries),
        driver_pages_asset(),
    ]


def selection_for(manifest: Mapping[str, Any], source: str) -> dg.AssetSelection:
    """All assets but the other source's raw tables, lookups and staging models."""
    others = [other for other in SOURCES if other != source]
    keys = [
        TRANSLATOR.get_asset_key(props)
        for kind in ("nodes", "sources")
        for props in manifest[kind].values()
        if props["resource_type"] in ("model", "seed", "source")
        and any(
            other in props["name"] or f"raw_{other}" == props["schema"]
            for other in others
        )
    ]
    return dg.AssetSelection.all() - dg.AssetSelection.assets(*keys)


def build_definitions(manifest: Mapping[str, Any]) -> dg.Definitions:
    """What `dagster dev` shows: every asset, one job per source, one per family.

    The jobs of families fit the models of chosen partitions again, and nothing else.
    """
    families = family_assets()
    boosting = boosting_asset()
    alone = dg.AssetSelection.assets(*families, boosting)
    main = {
        source: dg.define_asset_job(
            f"{source}_job",
            selection=selection_for(manifest, source) - alone,
            description=f"The main job on {source} deliveries.",
            config={"resources": {"run": {"config": {"source": source}}}},
        )
        for source in SOURCES
    }
    benchmark = dg.define_asset_job(
        "benchmark_models_job",
        selection=[boosting],
        description="Compares the driver models with gradient boosting.",
    )
    return dg.Definitions(
        assets=[*all_assets(manifest, retries=RETRIES), *families, boosting],
        jobs=[
            *main.values(),
            *(
                dg.define_asset_job(
                    f"{family.key.path[-1]}_models_job",
                    selection=[family],
                    description="Fits chosen driver models of this family again.",
                )
                for family in families
            ),
            benchmark,
        ],
        sensors=[*landing_sensors(main), *notification_sensors([*main.values()])],
        schedules=schedules(main, benchmark),
        resources={
            "run": Run(),
            "progress": dg.ResourceDefinition(lambda _: log_progress()),
        },
        executor=dg.in_process_executor,
    )


def run_in_process(
    settings: RunSettings, progress: Progress, until: str = LAST_ROOMS[-1]
) -> None:
    """The main job in this process, up to a room of LAST_ROOMS.

    The caller holds the warehouse's lock.

    Its history is kept where DAGSTER_HOME says, else only in memory: writing every
    event to disk takes longer than a small run. Raises what the failing room raised.
    """
    from orchestration import dbt_project

    with progress.step("Read the project"):
        parsed = dbt_project.parse(settings)
        manifest = read_manifest(dbt_project.manifest_path(settings))
    with _instance() as instance:
        dg.materialize(
            all_assets(manifest, parsed),
            selection=selection_for(manifest, settings.source) - _after(until),
            resources={
                "run": as_resource(settings, holds_lock=True),
                "progress": progress,
            },
            instance=instance,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=True,
        )


def _after(room: str) -> dg.AssetSelection:
    """The rooms that follow."""
    later = LAST_ROOMS[LAST_ROOMS.index(room) + 1 :]
    groups = {"drivers": ["driver_models", "oversight"], "report": ["report"]}
    return dg.AssetSelection.groups(*(name for one in later for name in groups[one]))


def _instance() -> dg.DagsterInstance:
    if os.environ.get("DAGSTER_HOME"):
        return dg.DagsterInstance.get()
    return dg.DagsterInstance.ephemeral()


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of dbt as plain data."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
