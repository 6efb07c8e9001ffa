"""The jobs: one per source for the whole run, and those that repeat a part of it."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from linkage.base.progress import Progress
from linkage.base.settings import LAST_STAGES, PROJECT, STUDIES, RunSettings
from orchestration.assets import (
    SITE,
    boosting,
    family_assets,
    product_asset,
    products,
    publication_assets,
)
from orchestration.automation import landing_sensors, notification_sensors, schedules
from orchestration.dbt_assets import Manifest, asset_key, is_released
from orchestration.dbt_project import manifest_of
from orchestration.gap_checks import audit_failure
from orchestration.run_context import (
    PROGRESS,
    RETRIES,
    RUNS,
    log_progress,
    resource_key,
    run_config,
)

# Sources of which driver models are fitted alone, and compared with boosting.
WITH_FAMILIES = STUDIES["victim-withdrawal"]
# Earlier months are named on the command line (`linkage run --month`).
MONTHS = dg.MonthlyPartitionsDefinition(start_date="2015-01-01")
# Runs of one warehouse wait for each other (.dagster/dagster.yaml).
WAREHOUSE = "linkage/warehouse"
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}


def build_definitions(
    manifests: Mapping[str, Manifest],
    retries: dg.RetryPolicy | None = RETRIES,
    progress: Progress | dg.ResourceDefinition = log_progress,
) -> dg.Definitions:
    """Assets, jobs, sensors and schedules of sources, each with dbt's manifest of it.

    Every job is named after its source.
    """
    assets: list[dg.AssetsDefinition] = []
    checks: list[dg.AssetChecksDefinition] = []
    main, benchmarks, others = {}, {}, []
    for source, manifest in manifests.items():
        run, audit = publication_assets(manifest, source, retries)
        # The site is made of what is released.
        released = [key for one in run for key in one.keys if is_released(key)]
        run += [
            product_asset(one, source, retries, released if SITE in one.assets else ())
            for one in products(source)
        ]
        assets += run
        checks.append(audit)
        main[source] = _job(f"{source}_job", source, run, "The whole run")
        if source in WITH_FAMILIES:
            families = family_assets(source)
            comparison = product_asset(boosting(), source, retries)
            assets += [*families, comparison]
            others += [
                _job(
                    f"{source}_{family.key.path[-1]}_models_job",
                    source,
                    [family],
                    "Chosen driver models of this family",
                )
                for family in families
            ]
            benchmarks[source] = _job(
                f"{source}_benchmark_models_job",
                source,
                [comparison],
                "Driver models against gradient boosting",
            )
        if source == "cris":
            others.append(
                _job(
                    "cris_months_job",
                    source,
                    run,
                    "The whole run, with the reports of a month built again",
                    dg.PartitionedConfig(
                        partitions_def=MONTHS, run_config_for_partition_key_fn=_month
                    ),
                )
            )
    return dg.Definitions(
        assets=dg.with_source_code_references(assets),
        asset_checks=checks,
        jobs=[*main.values(), *benchmarks.values(), *others],
        sensors=[*landing_sensors(main), *notification_sensors()],
        schedules=schedules(main, benchmarks),
        resources={
            **{resource_key(source): RUNS[source]() for source in manifests},
            PROGRESS: progress,
        },
        executor=dg.in_process_executor,
    )


def _job(
    name: str,
    source: str,
    assets: list[dg.AssetsDefinition],
    what: str,
    config: dg.PartitionedConfig[Any] | None = None,
) -> Any:
    return dg.define_asset_job(
        name,
        selection=assets,
        config=config,
        description=f"{what}, on {source} deliveries.",
        run_tags={WAREHOUSE: source},
    )


def _month(partition: str) -> dict[str, Any]:
    config = {resource_key("cris"): {"config": {"months": [partition[:7]]}}}
    return {"resources": config}


def main_job(settings: RunSettings, progress: Progress) -> dg.JobDefinition:
    """A source's main job, for someone who watches: a failed step is not retried."""
    definitions = build_definitions(
        {settings.source: manifest_of(settings)}, retries=None, progress=progress
    )
    return definitions.resolve_job_def(f"{settings.source}_job")


def run_job(
    job: dg.JobDefinition, settings: RunSettings, until: str = LAST_STAGES[-1]
) -> None:
    """Run a source's main job in this process, up to one of LAST_STAGES.

    Dagster keeps the run's history if DAGSTER_HOME is set. Raises the error of the
    step that fails; AuditFailedError where gaps that must hold do not.
    """
    source, run = settings.source, str(uuid.uuid4())
    later = LAST_STAGES[LAST_STAGES.index(until) + 1 :]
    left_out = {
        asset_key(source, name)
        for product in products(source)
        if product.stage in later
        for name in product.assets
    }
    if "release" in later:
        left_out |= set(filter(is_released, job.asset_layer.selected_asset_keys))
    with _instance() as instance:
        try:
            job.execute_in_process(
                run_config={"resources": run_config(settings), "loggers": QUIET},
                instance=instance,
                asset_selection=[
                    key
                    for key in job.asset_layer.selected_asset_keys
                    if key not in left_out
                ],
                run_id=run,
            )
        except dg.DagsterError as error:
            failure = audit_failure(instance, run)
            if failure is None:
                raise
            raise failure from error


def _instance() -> dg.DagsterInstance:
    home = os.environ.get("DAGSTER_HOME")
    if not home:
        return dg.DagsterInstance.ephemeral()
    settings = Path(home) / "dagster.yaml"
    if not settings.exists():
        # Without one, Dagster's telemetry is on.
        shutil.copyfile(PROJECT / ".dagster" / settings.name, settings)
    return dg.DagsterInstance.get()
