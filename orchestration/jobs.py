"""The jobs: one per source for the whole run, and those that repeat a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from linkage.base.progress import Progress
from linkage.base.settings import LAST_STAGES, SOURCES, STUDIES, RunSettings
from orchestration.assets import (
    FITTED,
    MONITOR,
    boosting_asset,
    driver_pages_asset,
    drivers_asset,
    family_assets,
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
from orchestration.in_process import QUIET
from orchestration.run_context import RUNS, as_resource, log_progress, resource_key
from orchestration.stages import Project

PAGES = "report/driver_pages"
# Sources of which driver models are fitted alone, and compared with boosting.
WITH_FAMILIES = STUDIES["victim-withdrawal"]


def run_assets(
    manifest: Mapping[str, Any],
    source: str,
    parsed: Any = None,
    retries: dg.RetryPolicy | None = None,
    until: str = LAST_STAGES[-1],
) -> list[dg.AssetsDefinition]:
    """The assets of a source's run up to a stage, in the order of the stages."""
    assets = {
        "publication": [publication_asset(manifest, source, parsed, retries)],
        **_later_stages(source, retries),
    }
    return [
        asset
        for stage in LAST_STAGES[: LAST_STAGES.index(until) + 1]
        for asset in assets.get(stage, [])
    ]


def _later_stages(
    source: str, retries: dg.RetryPolicy | None
) -> dict[str, list[dg.AssetsDefinition]]:
    """Products of a published warehouse, by stage."""
    if source == "violent_crime":
        return {
            "drivers": [study_models_asset(source, retries)],
            "report": [study_pages_asset(source)],
            "site": [site_asset(source, [PAGES])],
        }
    if source == "national":
        return {
            "drivers": [ranks_asset(source, retries)],
            "site": [site_asset(source, ["marts/inspection_ranks"])],
        }
    return {
        "drivers": [drivers_asset(source, retries), monitor_asset(source, retries)],
        "report": [driver_pages_asset(source)],
        "site": [site_asset(source, [PAGES, *FITTED, *MONITOR])],
    }


def build_definitions(manifests: Mapping[str, Mapping[str, Any]]) -> dg.Definitions:
    """Contents of `dagster dev`: a family of assets and a main job per source.

    `manifests` are dbt's, by source. Every job is named after its source. Those of
    families refit only the models of chosen partitions.
    """
    assets: list[dg.AssetsDefinition] = []
    main, benchmarks, others = {}, {}, []
    for source in SOURCES:
        run = run_assets(manifests[source], source, retries=RETRIES)
        assets += run
        main[source] = dg.define_asset_job(
            f"{source}_job",
            selection=run,
            description=f"The main job on {source} deliveries.",
        )
    for source in WITH_FAMILIES:
        families, boosting = family_assets(source), boosting_asset(source)
        assets += [*families, boosting]
        others += [
            dg.define_asset_job(
                f"{source}_{family.key.path[-1]}_models_job",
                selection=[family],
                description="Fits chosen driver models of this family again.",
            )
            for family in families
        ]
        benchmarks[source] = dg.define_asset_job(
            f"{source}_benchmark_models_job",
            selection=[boosting],
            description="Compares the driver models with gradient boosting.",
        )
    months = months_asset(manifests["cris"], "cris")
    assets.append(months)
    others.append(
        dg.define_asset_job(
            "cris_rebuild_months_job",
            selection=[months],
            description="Builds the cris reports of chosen months again.",
        )
    )
    return dg.Definitions(
        assets=assets,
        jobs=[*main.values(), *benchmarks.values(), *others],
        sensors=[*landing_sensors(main), *notification_sensors()],
        schedules=schedules(main, benchmarks),
        resources={
            **{resource_key(source): run() for source, run in RUNS.items()},
            "progress": dg.ResourceDefinition(lambda _: log_progress()),
        },
        executor=dg.in_process_executor,
    )


def materialize_assets(
    settings: RunSettings, progress: Progress, project: Project, until: str
) -> None:
    """Materialize every asset of the main job in this process, up to a stage."""
    with dg.DagsterInstance.get() as instance:
        dg.materialize(
            run_assets(project.manifest, settings.source, project.parsed, until=until),
            resources={
                resource_key(settings.source): as_resource(settings, holds_lock=True),
                "progress": progress,
            },
            instance=instance,
            run_config=QUIET,
            raise_on_error=True,
        )
