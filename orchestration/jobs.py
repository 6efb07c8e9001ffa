"""The main job, one per source: everything but what only the other source needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    months_asset,
    publication_asset,
    ranks_asset,
    site_asset,
    study_models_asset,
    study_pages_asset,
)
from orchestration.automation import (
    RETRIES,
    landing_sensors,
    notification_sensors,
    schedules,
)
from orchestration.dbt_project import OWN_STUDY, nodes_of, raw_tables_of
from orchestration.in_process import QUIET
from orchestration.rooms import Project
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
        *_of_published(retries),
    ]


def _later_rooms(
    retries: dg.RetryPolicy | None = None,
) -> dict[str | None, dict[str, list[dg.AssetsDefinition]]]:
    """What is made of a published warehouse, by study and room; none is the first."""
    return {
        None: {
            "drivers": [drivers_asset(retries), monitor_asset(retries)],
            "report": [driver_pages_asset()],
            "site": [site_asset("site")],
        },
        "violent_crime": {
            "drivers": [study_models_asset(retries)],
            "report": [study_pages_asset()],
            "site": [site_asset("violent_crime_site")],
        },
        "national": {
            "drivers": [ranks_asset(retries)],
            "site": [site_asset("national_site")],
        },
    }


def _of_published(
    retries: dg.RetryPolicy | None = None,
) -> Iterator[dg.AssetsDefinition]:
    for rooms in _later_rooms(retries).values():
        for assets in rooms.values():
            yield from assets


def selection_for(manifest: Mapping[str, Any], source: str) -> dg.AssetSelection:
    """All assets but raw tables, lookups and models that the source has no use for."""
    needed = nodes_of(manifest, source) | raw_tables_of(manifest, source)
    keys = [
        TRANSLATOR.get_asset_key(props)
        for kind in ("nodes", "sources")
        for key, props in manifest[kind].items()
        if props["resource_type"] in ("model", "seed", "source")
        and props["config"].get("materialized") != "ephemeral"
        and key not in needed
    ]
    of_others = [
        asset
        for study, rooms in _later_rooms().items()
        for assets in rooms.values()
        for asset in assets
        if study != (source if source in OWN_STUDY else None)
    ]
    return dg.AssetSelection.all() - dg.AssetSelection.assets(*keys, *of_others)


def build_definitions(manifest: Mapping[str, Any]) -> dg.Definitions:
    """What `dagster dev` shows: every asset, one job per source, one per family.

    The jobs of families fit the models of chosen partitions again, and nothing else.
    """
    families = family_assets()
    boosting = boosting_asset()
    months = months_asset(manifest)
    alone = dg.AssetSelection.assets(*families, boosting, months)
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
        assets=[*all_assets(manifest, retries=RETRIES), *families, boosting, months],
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
            dg.define_asset_job(
                "rebuild_months_job",
                selection=[months],
                description="Builds the cris reports of chosen months again.",
            ),
        ],
        sensors=[*landing_sensors(main), *notification_sensors([*main.values()])],
        schedules=schedules(main, benchmark),
        resources={
            "run": Run(),
            "progress": dg.ResourceDefinition(lambda _: log_progress()),
        },
        executor=dg.in_process_executor,
    )


def materialize_assets(
    settings: RunSettings, progress: Progress, project: Project, until: str
) -> None:
    """Materialize every asset of the main job in this process, up to a room."""
    with dg.DagsterInstance.get() as instance:
        dg.materialize(
            all_assets(project.manifest, project.parsed),
            selection=selection_for(project.manifest, settings.source) - _after(until),
            resources={
                "run": as_resource(settings, holds_lock=True),
                "progress": progress,
            },
            instance=instance,
            run_config=QUIET,
            raise_on_error=True,
        )


def _after(room: str) -> dg.AssetSelection:
    """The rooms that follow."""
    later = LAST_ROOMS[LAST_ROOMS.index(room) + 1 :]
    return dg.AssetSelection.assets(
        *(
            asset
            for rooms in _later_rooms().values()
            for one in later
            for asset in rooms.get(one, [])
        )
    )
