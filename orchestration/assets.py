"""The rooms as assets: extracts, dbt models, audit, publication, drivers.

Dagster reads the annotations of assets as they stand, so none of them is postponed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from expectations.settings import Gap, read_settings
from linkage.progress import Progress
from linkage.settings import RunSettings
from orchestration import dbt_project, rooms
from orchestration.automation import tried_once
from orchestration.run_context import Run

if TYPE_CHECKING:
    from ml.drivers import DriverFit

PUBLISHED = dg.AssetKey(["published_warehouse"])
GAPS = dg.AssetKey(["quality", "gaps"])
AUDITED = {
    GAPS: "Each data-quality gap of each delivery.",
    dg.AssetKey(["quality", "gaps_by_group"]): "The gaps by BCU, area and extract.",
    dg.AssetKey(["quality", "exceptions"]): "The crime reports to go and mend, by gap.",
    dg.AssetKey(["quality", "scorecard"]): "Data-quality dimensions of each extract.",
    dg.AssetKey(["quality", "changes"]): "Deliveries against the previous ones.",
}
MONTHS = dg.AssetKey(["rebuilt_months"])
# Earlier months are named on the command line (`linkage run --month`).
FIRST_MONTH = "2015-01-01"
DRIVER_MODELS = dg.AssetKey(["drivers", "models"])
ODDS_RATIOS = dg.AssetKey(["drivers", "odds_ratios"])
PERFORMANCE = dg.AssetKey(["drivers", "performance"])
IMPORTANCE = dg.AssetKey(["drivers", "importance"])
MONITOR = {
    dg.AssetKey(["marts", table]): description
    for table, description in (
        ("withdrawal_monitor", "Control charts of withdrawal by month, area and BCU."),
        ("withdrawal_signals", "What changed in withdrawal, and since when."),
        ("withdrawal_funnel", "BCUs against each other, adjusted for case mix."),
    )
}
DRIVER_PAGES = dg.AssetKey(["report", "driver_pages"])
STUDY_PAGES = dg.AssetKey(["report", "violent_crime_pages"])
FORCE_RANKS = dg.AssetKey(["marts", "inspection_ranks"])
# The site of each study, and what must be there before it is written.
SITES = {
    dg.AssetKey(["report", "site"]): [DRIVER_PAGES, *MONITOR],
    dg.AssetKey(["report", "violent_crime_site"]): [STUDY_PAGES],
    dg.AssetKey(["report", "national_site"]): [FORCE_RANKS],
}
Manifest = Mapping[str, Any]


class RoomTranslator(DagsterDbtTranslator):
    """Names assets `<schema>/<table>`, as the output contract does, by room."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Key of a model, seed or source."""
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The room: the schema of the resource; a study of its own is one group."""
        for study in dbt_project.OWN_STUDY:
            if dbt_project.is_of(dbt_resource_props, study):
                return study
        return str(dbt_resource_props["schema"])


TRANSLATOR = RoomTranslator()


def extracts_asset(
    manifest: Manifest, retries: dg.RetryPolicy | None = None
) -> dg.AssetsDefinition:
    """Loads a source's deliveries into the raw tables that dbt reads."""

    @dg.multi_asset(
        name="load_extracts",
        can_subset=True,
        retry_policy=retries,
        specs=[
            dg.AssetSpec(
                key=TRANSLATOR.get_asset_key(props),
                group_name="extracts",
                description=props["description"],
                kinds={"duckdb"},
                skippable=True,
            )
            for _, props in sorted(manifest["sources"].items())
        ],
    )
    def load_extracts(
        context: dg.AssetExecutionContext,
        run: Run,
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with tried_once():
            rows = rooms.load_extracts(run.settings, progress)
        for key in sorted(context.selected_asset_keys):
            yield dg.MaterializeResult(
                asset_key=key, metadata={"rows": rows.get("/".join(key.path), 0)}
            )

    return load_extracts


def model_assets(manifest: Manifest, parsed: Any = None) -> dg.AssetsDefinition:
    """Every dbt seed and model, its tests as asset checks.

    `parsed` is dbt's own manifest object where this process has parsed the project
    already; otherwise the run parses it.
    """

    @dbt_assets(
        manifest=manifest,
        dagster_dbt_translator=TRANSLATOR,
        name="build_models",
        exclude="resource_type:unit_test",
    )
    def build_models(
        context: dg.AssetExecutionContext,
        run: Run,
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[Any]:
        chosen = {
            key
            for key, props in manifest["nodes"].items()
            if props["resource_type"] in ("model", "seed")
            and TRANSLATOR.get_asset_key(props) in context.selected_asset_keys
        }
        for key in sorted(chosen & dbt_project.as_they_were(run.settings, manifest)):
            yield dg.MaterializeResult(
                asset_key=TRANSLATOR.get_asset_key(manifest["nodes"][key]),
                metadata={"as_it_was": True},
            )
        history: dict[str, Any] = {}
        for event in rooms.build_models(
            run.settings, progress, rooms.Project(manifest, parsed), chosen
        ):
            message = DbtCoreCliEventMessage(
                raw_event=event, event_history_metadata=history
            )
            yield from message.to_default_asset_events(
                manifest=manifest, dagster_dbt_translator=TRANSLATOR, context=context
            )

    return build_models


def audit_asset(manifest: Manifest) -> dg.AssetsDefinition:
    """Runs the expectations; stops the run where one that must hold does not."""
    _, gaps = read_settings()

    @dg.multi_asset(
        name="run_audit",
        specs=[
            dg.AssetSpec(
                key,
                deps=_keys_of(manifest, {"audit"}),
                group_name="quality",
                description=description,
                kinds={"greatexpectations"},
            )
            for key, description in AUDITED.items()
        ],
        check_specs=[
            dg.AssetCheckSpec(gap.gap, asset=GAPS, description=gap.description)
            for gap in gaps
        ],
    )
    def run_audit(run: Run, progress: dg.ResourceParam[Progress]) -> Iterator[Any]:
        from expectations.gap_tables import GapResult

        audited = rooms.audit(run.settings, progress)
        by_gap: dict[str, list[GapResult]] = {gap.gap: [] for gap in gaps}
        for result in audited.results:
            by_gap[result.gap.gap].append(result)
        docs = dg.MetadataValue.path(str(audited.data_docs))
        for key in AUDITED:
            yield dg.MaterializeResult(asset_key=key, metadata={"data_docs": docs})
        for gap in gaps:
            yield _check_result(gap, by_gap[gap.gap])
        rooms.refuse_breaches(audited)

    return run_audit


def _check_result(gap: Gap, results: list[Any]) -> dg.AssetCheckResult:
    """A gap over all deliveries, as counts only."""
    return dg.AssetCheckResult(
        asset_key=GAPS,
        check_name=gap.gap,
        passed=all(result.is_within_tolerance for result in results),
        severity=dg.AssetCheckSeverity.ERROR
        if gap.severity == "must hold"
        else dg.AssetCheckSeverity.WARN,
        metadata={
            "population": sum(result.population for result in results),
            "failing": sum(result.failing for result in results),
            "tolerance": gap.tolerance,
            "severity": gap.severity,
            "owner": gap.owner,
            "recorded_by_source": bool(results),
        },
    )


def publication_asset(
    manifest: Manifest, retries: dg.RetryPolicy | None = None
) -> dg.AssetsDefinition:
    """Makes the audited build the warehouse that readers open."""

    @dg.asset(
        key=PUBLISHED,
        deps=[*_keys_of(manifest, {"marts", "quality", "drivers"}), *AUDITED],
        group_name="publication",
        kinds={"duckdb"},
        retry_policy=retries,
    )
    def published_warehouse(
        run: Run, progress: dg.ResourceParam[Progress]
    ) -> dg.MaterializeResult[Any]:
        """The warehouse, replaced in one rename."""
        from publication.publish import size_of

        settings = run.settings
        with tried_once():
            rooms.publish(settings, progress)
        return dg.MaterializeResult(
            metadata={
                "warehouse": dg.MetadataValue.path(str(settings.warehouse)),
                "megabytes": round(size_of(settings.warehouse) / 1e6, 1),
            }
        )

    return published_warehouse


def months_asset(manifest: Manifest) -> dg.AssetsDefinition:
    """Builds the crime reports recorded in chosen months again, and publishes them."""

    @dg.asset(
        key=MONTHS,
        partitions_def=dg.MonthlyPartitionsDefinition(start_date=FIRST_MONTH),
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="publication",
        kinds={"duckdb"},
    )
    def rebuilt_months(
        context: dg.AssetExecutionContext,
        run: Run,
        progress: dg.ResourceParam[Progress],
    ) -> None:
        """A month's crime reports, loaded, built, audited and published once more."""
        months = tuple(key[:7] for key in context.partition_keys)
        settings = replace(run.settings, months=months)
        project: Future[rooms.Project] = Future()
        project.set_result(rooms.Project(manifest))
        for room in rooms.PUBLICATION.values():
            room(settings, progress, project)

    return rebuilt_months


def drivers_asset(retries: dg.RetryPolicy | None = None) -> dg.AssetsDefinition:
    """Fits all driver models on the published warehouse."""
    tables = {
        DRIVER_MODELS: "Fit of each driver model.",
        ODDS_RATIOS: "Odds ratio of each category of each driver model.",
        PERFORMANCE: "Each driver model on the cases it saw and on others.",
    }

    @dg.multi_asset(
        name="fit_driver_models",
        retry_policy=retries,
        specs=[
            dg.AssetSpec(
                key,
                deps=[PUBLISHED],
                group_name="driver_models",
                description=description,
                kinds={"python"},
            )
            for key, description in tables.items()
        ],
    )
    def fit_driver_models(
        context: dg.AssetExecutionContext,
        run: Run,
        progress: dg.ResourceParam[Progress],
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with tried_once():
            fits = rooms.fit_models(run.settings, progress)
        for fit in fits:
            # Each model is also a partition of its family, to be run alone.
            context.log_event(
                dg.AssetMaterialization(
                    asset_key=family_key(fit.specification.family),
                    partition=fit.model,
                    metadata=fit_metadata(run.settings, fit),
                )
            )
        for key in tables:
            yield dg.MaterializeResult(asset_key=key, metadata={"models": len(fits)})

    return fit_driver_models


def study_models_asset(retries: dg.RetryPolicy | None = None) -> dg.AssetsDefinition:
    """Fits the penalised models of the violent-crime study."""
    from ml.study_models import study_tables

    @dg.multi_asset(
        name="fit_violent_crime_models",
        retry_policy=retries,
        specs=[
            dg.AssetSpec(
                dg.AssetKey(["drivers", name]),
                deps=[PUBLISHED],
                group_name="violent_crime",
                description=table.description,
                kinds={"python"},
            )
            for name, table in study_tables().items()
        ],
    )
    def fit_violent_crime_models(
        run: Run, progress: dg.ResourceParam[Progress]
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with tried_once():
            fits = rooms.fit_study_models(run.settings, progress)
        for table in study_tables():
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey(["drivers", table]),
                metadata={"rows": sum(len(one.rows[table]) for one in fits)},
            )

    return fit_violent_crime_models


def monitor_asset(retries: dg.RetryPolicy | None = None) -> dg.AssetsDefinition:
    """Watches withdrawal by month, against what a driver model expects."""

    @dg.multi_asset(
        name="watch_withdrawal",
        specs=[
            dg.AssetSpec(
                key,
                deps=[DRIVER_MODELS, ODDS_RATIOS],
                group_name="oversight",
                description=description,
                kinds={"duckdb"},
            )
            for key, description in MONITOR.items()
        ],
        retry_policy=retries,
    )
    def watch_withdrawal(
        run: Run, progress: dg.ResourceParam[Progress]
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with tried_once():
            signals = rooms.watch_withdrawal(run.settings, progress)
        for key in MONITOR:
            yield dg.MaterializeResult(asset_key=key, metadata={"signals": signals})

    return watch_withdrawal


def ranks_asset(retries: dg.RetryPolicy | None = None) -> dg.AssetsDefinition:
    """Ranks the forces of the inspection view, with how sure each place is."""
    from oversight.ranks import RANKS, rank_tables

    @dg.asset(
        key=FORCE_RANKS,
        deps=[PUBLISHED],
        group_name="national",
        description=rank_tables()[RANKS].description,
        kinds={"python"},
        retry_policy=retries,
    )
    def inspection_ranks(
        run: Run, progress: dg.ResourceParam[Progress]
    ) -> dg.MaterializeResult[Any]:
        with tried_once():
            unsure = rooms.rank_forces(run.settings, progress)
        return dg.MaterializeResult(metadata={"unsure_places": unsure})

    return inspection_ranks


def family_key(family: str) -> dg.AssetKey:
    """The asset of a family of driver models."""
    return dg.AssetKey(["driver_models", family])


def family_assets() -> list[dg.AssetsDefinition]:
    """An asset per family of driver models, a partition per model: fitted alone."""
    from ml.specification import listed_families

    return [
        _family_asset(family, models) for family, models in listed_families().items()
    ]


def _family_asset(family: str, models: list[str]) -> dg.AssetsDefinition:
    @dg.asset(
        key=family_key(family),
        deps=[PUBLISHED],
        partitions_def=dg.StaticPartitionsDefinition(models),
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name="driver_models",
        description=f"Driver models of the family {family.replace('_', ' ')}.",
        kinds={"python"},
    )
    def fit_family(
        context: dg.AssetExecutionContext,
        run: Run,
        progress: dg.ResourceParam[Progress],
    ) -> None:
        from ml.drivers import fit_published
        from oversight.monitor import monitor_published
        from report.driver_pages import write_published_pages

        chosen = list(context.partition_keys)
        with progress.step("Fit driver models"):
            fits = fit_published(run.settings, chosen, progress=progress.line)
            monitor_published(run.settings, progress=progress.line)
        with progress.step("Draw driver models"):
            write_published_pages(run.settings, chosen)
        for fit in fits:
            context.add_asset_metadata(
                fit_metadata(run.settings, fit),
                asset_key=family_key(family),
                partition_key=fit.model,
            )

    return fit_family


def fit_metadata(settings: RunSettings, fit: "DriverFit") -> dict[str, Any]:
    """What Dagster shows of a fitted model: counts and measures only."""
    folder = settings.driver_pages / f"model_{fit.model}"
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
        "forest_plot": dg.MetadataValue.path(str(folder / "forest_short.png")),
        "model_card": dg.MetadataValue.path(str(folder / "card.html")),
    }


def driver_pages_asset() -> dg.AssetsDefinition:
    """Draws every driver model and writes its card."""
    return _pages_asset(
        DRIVER_PAGES,
        [DRIVER_MODELS, ODDS_RATIOS, PERFORMANCE],
        "report",
        "A forest plot and a card of each driver model.",
        rooms.draw_models,
    )


def study_pages_asset() -> dg.AssetsDefinition:
    """Draws the violent-crime study and writes a card of each of its models."""
    from ml.study_models import study_tables

    return _pages_asset(
        STUDY_PAGES,
        [dg.AssetKey(["drivers", name]) for name in study_tables()],
        "violent_crime",
        "The study's flow, outcomes and models, drawn and in words.",
        rooms.draw_study,
    )


def _pages_asset(
    key: dg.AssetKey,
    deps: Sequence[dg.AssetKey],
    group: str,
    description: str,
    draw: Callable[[RunSettings, Progress], int],
) -> dg.AssetsDefinition:
    @dg.asset(
        key=key,
        deps=deps,
        group_name=group,
        description=description,
        kinds={"matplotlib"},
    )
    def pages(
        run: Run, progress: dg.ResourceParam[Progress]
    ) -> dg.MaterializeResult[Any]:
        files = draw(run.settings, progress)
        return dg.MaterializeResult(
            metadata={
                "index": dg.MetadataValue.path(
                    str(run.settings.driver_pages / "index.html")
                ),
                "files": files,
            }
        )

    return pages


def site_asset(name: str) -> dg.AssetsDefinition:
    """Writes the report site of a study, so that each publication has its own."""
    key = dg.AssetKey(["report", name])

    @dg.asset(key=key, deps=SITES[key], group_name=name, kinds={"html"})
    def report_site(
        run: Run, progress: dg.ResourceParam[Progress]
    ) -> dg.MaterializeResult[Any]:
        """Pages to look at, of what passed disclosure control."""
        site = rooms.write_site(run.settings, progress)
        return dg.MaterializeResult(
            metadata={
                "index": dg.MetadataValue.path(str(site.index)),
                "pages": site.pages,
                "megabytes": round(site.size / 1e6, 1),
            }
        )

    return report_site


def boosting_asset() -> dg.AssetsDefinition:
    """Compares each driver model with gradient boosting on the same columns."""

    @dg.asset(
        key=IMPORTANCE,
        deps=[DRIVER_MODELS],
        group_name="driver_models",
        kinds={"scikitlearn"},
    )
    def benchmark_driver_models(
        run: Run, progress: dg.ResourceParam[Progress]
    ) -> dg.MaterializeResult[Any]:
        """What each variable is worth to gradient boosting; not part of a run."""
        from ml.boosting import benchmark_published

        with progress.step("Benchmark driver models"):
            found = benchmark_published(run.settings, progress=progress.line)
        return dg.MaterializeResult(metadata={"models": len(found)})

    return benchmark_driver_models


def _keys_of(manifest: Manifest, schemas: set[str]) -> list[dg.AssetKey]:
    """Keys of the dbt tables of these schemas."""
    return [
        TRANSLATOR.get_asset_key(props)
        for _, props in sorted(manifest["nodes"].items())
        if props["resource_type"] in ("model", "seed")
        and props["schema"] in schemas
        and props["config"]["materialized"] != "ephemeral"
    ]
