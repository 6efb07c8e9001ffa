"""The stages as assets: extracts, dbt models, audit, publication, drivers.

Dagster reads the annotations of assets directly, so none of them is postponed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from expectations.settings import read_settings
from linkage.base.progress import Progress
from linkage.base.settings import RunSettings
from linkage.publication.publish import size_of
from orchestration import dbt_project, stages
from orchestration.automation import tried_once
from orchestration.run_context import Run, resource_key

if TYPE_CHECKING:
    from expectations.gap_results import GapResult
    from ml.drivers import DriverFit

INDEX = "index.html"
# Earlier months are named on the command line (`linkage run --month`).
FIRST_MONTH = "2015-01-01"
GAPS = "quality/gaps"
FITTED = {
    "drivers/models": "Fit of each driver model.",
    "drivers/odds_ratios": "Odds ratio of each category of each driver model.",
    "drivers/performance": "Each driver model on the cases it saw and on others.",
}
MONITOR = {
    "marts/withdrawal_monitor": "Control charts of withdrawal by month, area and BCU.",
    "marts/withdrawal_signals": "What changed in withdrawal, and since when.",
    "marts/withdrawal_funnel": "BCUs against each other, adjusted for case mix.",
}
Manifest = Mapping[str, Any]
Event = dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckEvaluation


def asset_key(source: str, name: str) -> dg.AssetKey:
    """`source/schema/table`: each source has a warehouse, and a family of assets."""
    return dg.AssetKey([source, *name.split("/")])


class SourceTranslator(DagsterDbtTranslator):
    """Names dbt's tables `source/schema/table`, in groups by source and schema."""

    def __init__(self, source: str) -> None:
        """Name the tables of this source's warehouse."""
        self.source = source
        super().__init__()

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Key of a model, seed or source."""
        schema, name = dbt_resource_props["schema"], dbt_resource_props["name"]
        return asset_key(self.source, f"{schema}/{name}")

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The schema of the resource; raw tables are extracts."""
        is_raw = dbt_resource_props["resource_type"] == "source"
        stage = "extracts" if is_raw else dbt_resource_props["schema"]
        return f"{self.source}_{stage}"


def _run(
    context: dg.AssetExecutionContext, source: str
) -> tuple[RunSettings, Progress]:
    """Settings of an asset of this source, and the target of its progress."""
    run: Run = getattr(context.resources, resource_key(source))
    progress: Progress = context.resources.progress
    return run.settings, progress


def _needs(source: str) -> set[str]:
    return {resource_key(source), "progress"}


def publication_asset(
    manifest: Manifest,
    source: str,
    parsed: Any = None,
    retries: dg.RetryPolicy | None = None,
) -> dg.AssetsDefinition:
    """Everything up to the published warehouse: loaded, built, audited, published.

    One step, so that no part of it can be run without the others: whichever tables are
    selected, all are built, audited and published, and all are reported. `parsed` is
    dbt's own manifest object where this process has parsed the project already;
    otherwise the run parses it.
    """
    specs, checks = _dbt_specs(manifest, source)
    published = asset_key(source, "published_warehouse")

    @dg.multi_asset(
        name=f"publish_{source}",
        can_subset=True,
        retry_policy=retries,
        required_resource_keys=_needs(source),
        specs=[
            *specs,
            dg.AssetSpec(
                published,
                deps=[one.key for one in specs],
                group_name=f"{source}_publication",
                description="The warehouse that readers open, replaced in one rename.",
                kinds={"duckdb"},
            ),
        ],
        check_specs=[
            *checks,
            *(
                dg.AssetCheckSpec(
                    gap.gap,
                    asset=asset_key(source, GAPS),
                    description=gap.description,
                    blocking=gap.severity == "must hold",
                )
                for gap in read_settings()[1]
                if source in gap.sources
            ),
        ],
    )
    def publish(context: dg.AssetExecutionContext) -> Iterator[Any]:
        settings, progress = _run(context, source)
        with tried_once():
            for event in published_events(
                settings, progress, stages.Project(manifest, parsed)
            ):
                yield from _reported(context, event)

    return publish


def _dbt_specs(
    manifest: Manifest, source: str
) -> tuple[list[dg.AssetSpec], list[dg.AssetCheckSpec]]:
    """A source's raw tables, seeds and models, and dbt's tests of them as checks."""
    translator = SourceTranslator(source)
    nodes = dbt_project.nodes_of(manifest, source)
    specs = {
        key: translator.get_asset_spec(manifest, key, None)
        for key in sorted(nodes)
        if not _is_ephemeral(manifest, key)
    }
    keys = {spec.key for spec in specs.values()}
    checks = [
        check
        for test in dbt_project.tests_of(manifest, nodes)
        for parent in manifest["nodes"][test]["depends_on"]["nodes"]
        if parent in specs
        and (
            check := translator.get_asset_check_spec(
                specs[parent], manifest, test, None
            )
        )
    ]
    return [
        # The tables of other sources are not part of this one's warehouse.
        spec.replace_attributes(
            deps=[dep for dep in spec.deps if dep.asset_key in keys]
        )
        for spec in specs.values()
    ], checks


def _is_ephemeral(manifest: Manifest, key: str) -> bool:
    node = manifest["nodes"].get(key)
    return node is not None and node["config"]["materialized"] == "ephemeral"


def published_events(
    settings: RunSettings, progress: Progress, project: stages.Project
) -> Iterator[Event]:
    """Load, build, audit and publish; yields Dagster's events.

    A check is reported when it was made, and a table when it is published: where the
    audit fails, nothing is. Unchecked tables have no event.
    """
    manifest, translator = project.manifest, SourceTranslator(settings.source)
    loaded = stages.load_extracts(settings, progress)
    chosen = dbt_project.nodes_of(manifest, settings.source)
    tables: list[Event] = [
        dg.AssetMaterialization(
            key, metadata={"rows": loaded.get("/".join(key.path[1:]), 0)}
        )
        for key in (
            translator.get_asset_key(manifest["sources"][one])
            for one in sorted(chosen & manifest["sources"].keys())
        )
    ]
    tables += [
        dg.AssetMaterialization(
            translator.get_asset_key(manifest["nodes"][one]),
            metadata={"unchanged": True},
        )
        for one in sorted(chosen & dbt_project.unchanged_nodes(settings, manifest))
    ]
    for raw in stages.build_models(settings, progress, project):
        message = DbtCoreCliEventMessage(raw_event=raw, event_history_metadata={})
        for event in message.to_default_asset_events(
            manifest=manifest, dagster_dbt_translator=translator
        ):
            if isinstance(event, dg.AssetCheckEvaluation):
                yield event
            elif isinstance(event, dg.AssetMaterialization):
                tables.append(event)
    audited = stages.audit(settings, progress)
    yield from _gap_checks(settings.source, audited.results)
    stages.refuse_breaches(audited)
    stages.publish(settings, progress)
    yield from tables
    yield dg.AssetMaterialization(
        asset_key(settings.source, "published_warehouse"),
        metadata={
            "warehouse": dg.MetadataValue.path(str(settings.warehouse)),
            "data_docs": dg.MetadataValue.path(str(settings.data_docs / INDEX)),
            "megabytes": round(size_of(settings.warehouse) / 1e6, 1),
        },
    )


def _gap_checks(
    source: str, results: "Sequence[GapResult]"
) -> Iterator[dg.AssetCheckEvaluation]:
    """A gap over all deliveries, as counts only; none if it was not evaluated."""
    by_gap: dict[str, list[GapResult]] = {}
    for result in results:
        # Of no row, nothing was evaluated: a first delivery has nothing before it.
        if result.population:
            by_gap.setdefault(result.gap.gap, []).append(result)
    for counted in by_gap.values():
        gap = counted[0].gap
        beyond = [one for one in counted if not one.is_within_tolerance]
        yield dg.AssetCheckEvaluation(
            asset_key=asset_key(source, GAPS),
            check_name=gap.gap,
            passed=not beyond,
            severity=dg.AssetCheckSeverity.ERROR
            if gap.severity == "must hold"
            else dg.AssetCheckSeverity.WARN,
            metadata={
                "population": sum(one.population for one in counted),
                "failing": sum(one.failing for one in counted),
                "deliveries": len(counted),
                "deliveries_beyond_tolerance": ", ".join(
                    str(one.delivery) for one in beyond
                )
                or "none",
                "tolerance": gap.tolerance,
                "severity": gap.severity,
                "owner": gap.owner,
            },
        )


def _reported(context: dg.AssetExecutionContext, event: Event) -> Iterator[Any]:
    """An event of an asset; as its output where the run has selected it."""
    if (
        isinstance(event, dg.AssetMaterialization)
        and event.asset_key in context.selected_asset_keys
    ):
        yield dg.MaterializeResult(asset_key=event.asset_key, metadata=event.metadata)
    elif (
        isinstance(event, dg.AssetCheckEvaluation)
        and event.asset_check_key in context.selected_asset_check_keys
    ):
        yield dg.AssetCheckResult(
            asset_key=event.asset_key,
            check_name=event.check_name,
            passed=event.passed,
            severity=event.severity,
            metadata=event.metadata,
        )
    else:
        context.log_event(event)


def months_asset(manifest: Manifest, source: str) -> dg.AssetsDefinition:
    """Builds the crime reports recorded in chosen months, and publishes them."""

    @dg.asset(
        key=asset_key(source, "months"),
        partitions_def=dg.MonthlyPartitionsDefinition(start_date=FIRST_MONTH),
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=f"{source}_publication",
        kinds={"duckdb"},
        required_resource_keys=_needs(source),
    )
    def months(context: dg.AssetExecutionContext) -> None:
        """A month's crime reports, loaded, built, audited and published once more."""
        settings, progress = _run(context, source)
        months = tuple(key[:7] for key in context.partition_keys)
        for event in published_events(
            replace(settings, months=months), progress, stages.Project(manifest)
        ):
            context.log_event(event)

    return months


def drivers_asset(
    source: str, retries: dg.RetryPolicy | None = None
) -> dg.AssetsDefinition:
    """Fits all driver models on the published warehouse."""

    @dg.multi_asset(
        name=f"fit_{source}_models",
        retry_policy=retries,
        specs=_specs(source, FITTED, ["published_warehouse"], "driver_models"),
        required_resource_keys=_needs(source),
    )
    def fit_driver_models(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any]]:
        settings, progress = _run(context, source)
        with tried_once():
            fits = stages.fit_models(settings, progress)
        for fit in fits:
            # Each model is also a partition of its family, to be run alone.
            context.log_event(
                dg.AssetMaterialization(
                    asset_key=family_key(source, fit.specification.family),
                    partition=fit.model,
                    metadata=fit_metadata(fit),
                )
            )
        for name in FITTED:
            yield dg.MaterializeResult(
                asset_key=asset_key(source, name), metadata={"models": len(fits)}
            )

    return fit_driver_models


def _specs(
    source: str, tables: Mapping[str, str], deps: Sequence[str], group: str
) -> list[dg.AssetSpec]:
    """Tables that Python adds to a published warehouse, with their descriptions."""
    return [
        dg.AssetSpec(
            asset_key(source, name),
            deps=[asset_key(source, one) for one in deps],
            group_name=f"{source}_{group}",
            description=description,
            kinds={"python"},
        )
        for name, description in tables.items()
    ]


def study_models_asset(
    source: str, retries: dg.RetryPolicy | None = None
) -> dg.AssetsDefinition:
    """Fits the penalised models of the violent-crime study."""
    tables = _study_models()

    @dg.multi_asset(
        name=f"fit_{source}_models",
        retry_policy=retries,
        specs=_specs(source, tables, ["published_warehouse"], "driver_models"),
        required_resource_keys=_needs(source),
    )
    def fit_study_models(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any]]:
        settings, progress = _run(context, source)
        with tried_once():
            fits = stages.fit_study_models(settings, progress)
        for name in tables:
            table = name.removeprefix("drivers/")
            yield dg.MaterializeResult(
                asset_key=asset_key(source, name),
                metadata={"rows": sum(len(one.rows[table]) for one in fits)},
            )

    return fit_study_models


def _study_models() -> dict[str, str]:
    from ml.study_models import study_tables

    return {
        f"drivers/{name}": table.description for name, table in study_tables().items()
    }


def monitor_asset(
    source: str, retries: dg.RetryPolicy | None = None
) -> dg.AssetsDefinition:
    """Monitors withdrawal by month, against a driver model's expectation."""

    @dg.multi_asset(
        name=f"watch_{source}_withdrawal",
        specs=_specs(
            source, MONITOR, ["drivers/models", "drivers/odds_ratios"], "oversight"
        ),
        retry_policy=retries,
        required_resource_keys=_needs(source),
    )
    def watch_withdrawal(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any]]:
        settings, progress = _run(context, source)
        with tried_once():
            signals = stages.watch_withdrawal(settings, progress)
        for name in MONITOR:
            yield dg.MaterializeResult(
                asset_key=asset_key(source, name), metadata={"signals": signals}
            )

    return watch_withdrawal


def ranks_asset(
    source: str, retries: dg.RetryPolicy | None = None
) -> dg.AssetsDefinition:
    """Ranks the forces of the inspection view, with how sure each place is."""
    from linkage.oversight.ranks import RANKS, rank_tables

    @dg.asset(
        key=asset_key(source, "marts/inspection_ranks"),
        deps=[asset_key(source, "published_warehouse")],
        group_name=f"{source}_oversight",
        description=rank_tables()[RANKS].description,
        kinds={"python"},
        retry_policy=retries,
        required_resource_keys=_needs(source),
    )
    def inspection_ranks(
        context: dg.AssetExecutionContext,
    ) -> dg.MaterializeResult[Any]:
        settings, progress = _run(context, source)
        with tried_once():
            unsure = stages.rank_forces(settings, progress)
        return dg.MaterializeResult(metadata={"unsure_places": unsure})

    return inspection_ranks


def family_key(source: str, family: str) -> dg.AssetKey:
    """The asset of a family of driver models."""
    return asset_key(source, f"driver_models/{family}")


def family_assets(source: str) -> list[dg.AssetsDefinition]:
    """An asset per family of driver models, a partition per model: fitted alone."""
    from ml.specification import listed_families

    return [
        _family_asset(source, family, models)
        for family, models in listed_families().items()
    ]


def _family_asset(source: str, family: str, models: list[str]) -> dg.AssetsDefinition:
    @dg.asset(
        key=family_key(source, family),
        deps=[asset_key(source, "published_warehouse")],
        partitions_def=dg.StaticPartitionsDefinition(models),
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=f"{source}_driver_models",
        description=f"Driver models of the family {family.replace('_', ' ')}.",
        kinds={"python"},
        required_resource_keys=_needs(source),
    )
    def fit_family(context: dg.AssetExecutionContext) -> None:
        from linkage.oversight.monitor import monitor_published
        from linkage.report.driver_pages import write_published_pages
        from ml.drivers import fit_published

        settings, progress = _run(context, source)
        chosen = list(context.partition_keys)
        with progress.step("Fit driver models"):
            fits = fit_published(settings, chosen, progress=progress.line)
            monitor_published(settings, progress=progress.line)
        with progress.step("Draw driver models"):
            write_published_pages(settings, chosen)
        for fit in fits:
            folder = settings.driver_pages / f"model_{fit.model}"
            context.add_asset_metadata(
                {
                    **fit_metadata(fit),
                    "forest_plot": dg.MetadataValue.path(
                        str(folder / "forest_short.png")
                    ),
                    "model_card": dg.MetadataValue.path(str(folder / "card.html")),
                },
                asset_key=family_key(source, family),
                partition_key=fit.model,
            )

    return fit_family


def fit_metadata(fit: "DriverFit") -> dict[str, Any]:
    """Dagster's metadata of a fitted model: counts and measures only."""
    row = fit.as_row()
    measures = {
        name: row[name]
        for name in ("nagelkerke_r2", "auc", "brier", "method", "note")
        if row[name] is not None
    }
    return {
        "description": row["description"],
        "n": row["sample_size"],
        "events": row["events"],
        **measures,
    }


def driver_pages_asset(source: str) -> dg.AssetsDefinition:
    """Draws every driver model and writes its card."""
    return _pages_asset(
        source,
        list(FITTED),
        "A forest plot and a card of each driver model.",
        stages.draw_models,
    )


def study_pages_asset(source: str) -> dg.AssetsDefinition:
    """Draws the violent-crime study and writes a card of each of its models."""
    return _pages_asset(
        source,
        list(_study_models()),
        "The study's flow, outcomes and models, drawn and in words.",
        stages.draw_study,
    )


def _pages_asset(
    source: str,
    deps: Sequence[str],
    description: str,
    draw: Callable[[RunSettings, Progress], int],
) -> dg.AssetsDefinition:
    @dg.asset(
        key=asset_key(source, "report/driver_pages"),
        deps=[asset_key(source, one) for one in deps],
        group_name=f"{source}_report",
        description=description,
        kinds={"matplotlib"},
        required_resource_keys=_needs(source),
    )
    def pages(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        settings, progress = _run(context, source)
        files = draw(settings, progress)
        return dg.MaterializeResult(
            metadata={
                "index": dg.MetadataValue.path(str(settings.driver_pages / INDEX)),
                "files": files,
            }
        )

    return pages


def site_asset(source: str, deps: Sequence[str]) -> dg.AssetsDefinition:
    """Writes the report site of a study, so that each publication has its own."""

    @dg.asset(
        key=asset_key(source, "report/site"),
        deps=[asset_key(source, one) for one in deps],
        group_name=f"{source}_report",
        kinds={"html"},
        required_resource_keys=_needs(source),
    )
    def report_site(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        """Pages of the data after disclosure control."""
        site = stages.write_site(*_run(context, source))
        return dg.MaterializeResult(
            metadata={
                "index": dg.MetadataValue.path(str(site.index)),
                "pages": site.pages,
                "megabytes": round(site.size / 1e6, 1),
            }
        )

    return report_site


def boosting_asset(source: str) -> dg.AssetsDefinition:
    """Compares each driver model with gradient boosting on the same columns."""

    @dg.asset(
        key=asset_key(source, "drivers/importance"),
        deps=[asset_key(source, "drivers/models")],
        group_name=f"{source}_driver_models",
        kinds={"scikitlearn"},
        required_resource_keys=_needs(source),
    )
    def benchmark_driver_models(
        context: dg.AssetExecutionContext,
    ) -> dg.MaterializeResult[Any]:
        """Value of each variable to gradient boosting; not part of a run."""
        from ml.boosting import benchmark_published

        settings, progress = _run(context, source)
        with progress.step("Benchmark driver models"):
            found = benchmark_published(settings, progress=progress.line)
        return dg.MaterializeResult(metadata={"models": len(found)})

    return benchmark_driver_models
