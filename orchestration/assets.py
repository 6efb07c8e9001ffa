"""The ops of a source, in their order: load, build, audit, publish, and what follows.

What can't be done in part is one op, which can't be selected in part. Dagster reads the
annotations of assets directly, so none of them is postponed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from linkage.base.progress import Progress
from linkage.base.settings import RunSettings
from linkage.publication.publish import open_published, size_of
from orchestration import ahead, stages
from orchestration.dbt_assets import ROWS, DbtAssets, Event, Manifest, asset_key
from orchestration.gap_checks import gap_checks, gap_results
from orchestration.run_context import PROGRESS, resource_key, stage_of

if TYPE_CHECKING:
    from ml.drivers import DriverFit

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
PUBLISHED, SITE = "published_warehouse", "report/site"
LATEST = (
    "select publication, deliveries, latest_delivery, built from quality.publications "
    "order by publication desc limit 1"
)
# A delivery arrives once a month.
MONTHLY = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(days=45), warn_window=timedelta(days=35)
)
FRESH = {"cris": MONTHLY, "violent_crime": MONTHLY}


@dataclass(frozen=True)
class Product:
    """Assets that one op makes from a published warehouse, up to a stage of a run."""

    op: str
    stage: str
    assets: Mapping[str, str]
    deps: tuple[str, ...]
    make: Callable[[RunSettings, Progress], stages.Figures]
    kind: str = "python"


def publication_assets(
    manifest: Manifest, source: str, retries: dg.RetryPolicy | None
) -> tuple[list[dg.AssetsDefinition], dg.AssetChecksDefinition]:
    """Everything up to the published warehouse, and its audit."""
    dbt = DbtAssets.read(manifest, source)
    published = dg.AssetSpec(
        asset_key(source, PUBLISHED),
        deps=list(dbt.published),
        group_name=f"{source}_publication",
        description="The warehouse that readers open, replaced in one rename.",
        kinds={"duckdb"},
        freshness_policy=FRESH.get(source),
    )
    checks = gap_checks(source)
    needs = {resource_key(source), PROGRESS}
    op = partial(dg.multi_asset, retry_policy=retries, required_resource_keys=needs)

    @op(name=f"load_{source}", specs=list(dbt.raw.values()))
    def load(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with stage_of(context, source) as (settings, progress):
            ahead.begin(settings)
            rows = stages.load_extracts(settings, progress)
        for spec in dbt.raw.values():
            number = rows.get("/".join(spec.key.path[1:]), 0)
            yield dg.MaterializeResult(spec.key, metadata={ROWS: number})

    @op(
        name=f"build_{source}",
        specs=list(dbt.tables.values()),
        check_specs=list(dbt.checks.values()),
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[Event]:
        with stage_of(context, source) as (settings, progress):
            yield from dbt.build(settings, progress)

    @dg.multi_asset_check(
        name=f"audit_{source}",
        specs=list(checks.values()),
        required_resource_keys=needs,
    )
    def audit(context: dg.AssetCheckExecutionContext) -> Iterator[Any]:
        with stage_of(context, source) as (settings, progress):
            audited = stages.audit(settings, progress)
        yield from gap_results(checks, audited, settings.data_docs / stages.INDEX)

    @op(name=f"publish_{source}", specs=[published])
    def publish(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        with stage_of(context, source) as (settings, progress):
            stages.publish(settings, progress)
        return dg.MaterializeResult(metadata=_publication(settings))

    @op(name=f"release_{source}", specs=list(dbt.released.values()))
    def release(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with stage_of(context, source) as (settings, progress):
            stages.release_tables(settings, progress)
        for spec in dbt.released.values():
            yield dg.MaterializeResult(spec.key)

    return [load, build, publish, release], audit


def _publication(settings: RunSettings) -> dict[str, Any]:
    """Number, deliveries and rows of the published warehouse, and where it is."""
    with open_published(settings) as connection:
        ((number, deliveries, latest, built),) = connection.execute(LATEST).fetchall()
        marts = connection.execute(
            "select table_name from information_schema.tables "
            "where table_schema = 'marts' order by table_name"
        ).fetchall()
        rows = {}
        for (mart,) in marts:
            ((rows[f"rows of {mart}"],),) = connection.execute(
                f"select count(*) from marts.{mart}"
            ).fetchall()
    return {
        "publication": number,
        "deliveries": deliveries,
        "latest_delivery": latest,
        "built": built,
        "warehouse": dg.MetadataValue.path(str(settings.warehouse)),
        "data_docs": _page(settings.data_docs / stages.INDEX),
        "megabytes": round(size_of(settings.warehouse) / 1e6, 1),
        **rows,
    }


def _page(path: Path) -> dg.MetadataValue[Any]:
    return dg.MetadataValue.path(str(path))


def product_asset(
    product: Product,
    source: str,
    retries: dg.RetryPolicy | None,
    more_deps: Sequence[dg.AssetKey] = (),
) -> dg.AssetsDefinition:
    """The assets of a product, made together."""
    group = "report" if product.stage == "site" else product.stage

    @dg.multi_asset(
        name=f"{product.op}_{source}",
        specs=[
            dg.AssetSpec(
                asset_key(source, name),
                deps=[*(asset_key(source, one) for one in product.deps), *more_deps],
                group_name=f"{source}_{group}",
                description=description,
                kinds={product.kind},
            )
            for name, description in product.assets.items()
        ],
        retry_policy=retries,
        required_resource_keys={resource_key(source), PROGRESS},
    )
    def make(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with stage_of(context, source) as (settings, progress):
            figures = product.make(settings, progress)
        metadata = {
            name: _page(value) if isinstance(value, Path) else value
            for name, value in figures.items()
        }
        for name in product.assets:
            yield dg.MaterializeResult(asset_key(source, name), metadata=metadata)

    return make


def products(source: str) -> list[Product]:
    """What a run on a source makes of the published warehouse, in its order."""
    from linkage.oversight.ranks import RANKS, rank_tables
    from ml.study_models import study_tables

    after = (PUBLISHED,)
    site = {SITE: "Pages of what is released, to look at."}
    if source == "national":
        ranks = {"marts/inspection_ranks": rank_tables()[RANKS].description}
        return [
            Product("rank", "drivers", ranks, after, stages.rank_forces),
            Product("report", "site", site, tuple(ranks), stages.write_site, "html"),
        ]
    if source == "violent_crime":
        fits = {
            f"drivers/{name}": table.description
            for name, table in study_tables().items()
        }
        return [
            Product("fit", "drivers", fits, after, stages.fit_study_models),
            Product("report", "site", site, tuple(fits), stages.write_site, "html"),
        ]
    return [
        Product("fit", "drivers", FITTED, after, _fit),
        Product("watch", "drivers", MONITOR, tuple(FITTED), stages.watch_withdrawal),
        Product(
            *("report", "site", site, (*FITTED, *MONITOR)),
            *(stages.write_site, "html"),
        ),
    ]


def boosting() -> Product:
    """The comparison of each driver model with gradient boosting; not part of a run."""
    tables = {"drivers/importance": "Value of each variable to gradient boosting."}
    compare = stages.compare_with_boosting
    return Product(
        "compare", "drivers", tables, ("drivers/models",), compare, "scikitlearn"
    )


def _fit(settings: RunSettings, progress: Progress) -> stages.Figures:
    fits = stages.fit_models(settings, progress)
    for fit in fits:
        # Each model is also a partition of its family, to be run alone.
        dg.AssetExecutionContext.get().log_event(
            dg.AssetMaterialization(
                asset_key=family_key(settings.source, fit.specification.family),
                partition=fit.model,
                metadata=fit_metadata(fit),
            )
        )
    return {"models": len(fits)}


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
        deps=[asset_key(source, PUBLISHED)],
        partitions_def=dg.StaticPartitionsDefinition(models),
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=f"{source}_drivers",
        description=f"Driver models of the family {family.replace('_', ' ')}.",
        kinds={"python"},
        required_resource_keys={resource_key(source), PROGRESS},
    )
    def fit_family(context: dg.AssetExecutionContext) -> None:
        from linkage.oversight.monitor import monitor_published
        from ml.drivers import fit_published

        chosen = list(context.partition_keys)
        with stage_of(context, source) as (settings, progress):
            with progress.step("Fit driver models"):
                fits = fit_published(settings, chosen, progress=progress.line)
                monitor_published(settings, progress=progress.line)
            stages.write_site(settings, progress)
        for fit in fits:
            page = settings.site / f"model-{fit.model}.html"
            context.add_asset_metadata(
                {**fit_metadata(fit), "page": _page(page)},
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
