"""dbt's tables as assets and its data tests as checks, by dagster-dbt's translator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtProject,
)

from linkage.base.errors import AuditFailedError
from linkage.base.progress import Progress
from linkage.base.settings import PROJECT, RunSettings
from linkage.engines.build_tables import row_counts
from linkage.publication.build_state import is_incremental
from orchestration import dbt_project, stages

ROWS = "dagster/row_count"
# Groups of resources and of schemas that are not named after their schema.
LAYERS = {
    "source": "extracts",
    "seed": "lookups",
    # Marts read the register of deliveries.
    "deliveries": "extracts",
    # The group of that name is for what comes after the publication.
    "drivers": "marts",
    "release": "report",
}
# Schemas of the build that are published.
PUBLISHED = {"marts", "quality", "drivers"}
Manifest = Mapping[str, Any]
Event = (
    dg.MaterializeResult[Any]
    | dg.AssetObservation
    | dg.AssetCheckResult
    | dg.Output[None]
)


def asset_key(source: str, name: str) -> dg.AssetKey:
    """`source/schema/table`: each source has a warehouse, and a family of assets."""
    return dg.AssetKey([source, *name.split("/")])


def is_released(key: dg.AssetKey) -> bool:
    """Is it a table of what may be published outside?"""
    return key.path[1] == "release"


class SourceTranslator(DagsterDbtTranslator):
    """Names dbt's tables `source/schema/table`, in groups by source and schema."""

    def __init__(self, source: str) -> None:
        """Name the tables of this source's warehouse."""
        self.source = source
        super().__init__(DagsterDbtTranslatorSettings(enable_code_references=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Key of a model, seed or source."""
        schema = dbt_resource_props["schema"]
        # Sources have no alias.
        name = dbt_resource_props.get("alias") or dbt_resource_props["name"]
        return asset_key(self.source, f"{schema}/{name}")

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Columns and name; two sources may each have a table of one name."""
        metadata = super().get_metadata(dbt_resource_props)
        name = ".".join(self.get_asset_key(dbt_resource_props).path)
        return {**metadata, "dagster/table_name": name}

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer of a table, such that layers follow each other in the lineage."""
        layer = LAYERS.get(
            dbt_resource_props["resource_type"],
            LAYERS.get(dbt_resource_props["name"], dbt_resource_props["schema"]),
        )
        return f"{self.source}_{LAYERS.get(layer, layer)}"


@dataclass(frozen=True)
class DbtAssets:
    """Assets and checks of a source's warehouse, each by its unique id in dbt.

    `tables` are lookups, views and tables, each after those it reads, and need not be
    reported; `published` are the models of published schemas, `released` those of what
    may be published outside.
    """

    raw: Mapping[str, dg.AssetSpec]
    tables: Mapping[str, dg.AssetSpec]
    checks: Mapping[str, dg.AssetCheckSpec]
    released: Mapping[str, dg.AssetSpec]
    published: tuple[dg.AssetKey, ...]

    @staticmethod
    def read(manifest: Manifest, source: str) -> DbtAssets:
        """Those of dbt's selector of this source."""
        translator, project = SourceTranslator(source), DbtProject(PROJECT)
        nodes = dbt_project.nodes_of(manifest, source)
        props = {
            key: node
            for key, node in {**manifest["nodes"], **manifest["sources"]}.items()
            # An ephemeral model is a part of those that read it.
            if key in nodes and node["config"].get("materialized") != "ephemeral"
        }
        specs = {
            key: translator.get_asset_spec(manifest, key, project) for key in props
        }
        for key in manifest["sources"].keys() & specs.keys():
            specs[key] = specs[key].replace_attributes(
                kinds={"duckdb"}, skippable=False
            )
        released = {
            key: translator.get_asset_spec(manifest, key, project)
            for key, node in manifest["nodes"].items()
            if f"{source}_release" in node["tags"] and node["resource_type"] == "model"
        }
        ids = {spec.key: key for key, spec in specs.items()}
        marts = f"{source}_marts"
        for key, spec in specs.items():
            parents = {specs[ids[dep.asset_key]].group_name for dep in spec.deps}
            if marts in parents and spec.group_name == f"{source}_intermediate":
                specs[key] = spec.replace_attributes(group_name=marts)
        return DbtAssets(
            raw={key: specs[key] for key in specs if key in manifest["sources"]},
            tables={
                key: specs[key] for key in _in_order(specs) if key in manifest["nodes"]
            },
            checks={
                test: check
                for test in sorted(dbt_project.tests_of(manifest, nodes))
                for parent in manifest["nodes"][test]["depends_on"]["nodes"]
                if parent in specs
                and (
                    check := translator.get_asset_check_spec(
                        specs[parent], manifest, test, project
                    )
                )
            },
            released={key: released[key] for key in _in_order(released)},
            published=tuple(
                specs[key].key
                for key, node in props.items()
                if node["schema"] in PUBLISHED and node["resource_type"] == "model"
            ),
        )

    def build(self, settings: RunSettings, progress: Progress) -> Iterator[Event]:
        """Build and test; yields what was built, and what was found.

        Raises AuditFailedError after these where a data test failed.
        """
        found: dict[str, Mapping[str, Any]] = {}
        failure = None
        try:
            for event in stages.build_models(settings, progress):
                found[event["data"]["node_info"]["unique_id"]] = event["data"]
        except AuditFailedError as error:
            failure = error
        rows, incremental = row_counts(settings), is_incremental(settings)
        for node, spec in self.tables.items():
            if node in found and _status(found[node]) == "success":
                metadata = {"seconds": round(found[node].get("execution_time", 0.0), 2)}
                name = "/".join(spec.key.path[1:])
                if name in rows:
                    metadata[ROWS] = rows[name]
                yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
            elif incremental and node.startswith("seed."):
                yield dg.AssetObservation(spec.key, metadata={"unchanged": True})
        for node, check in self.checks.items():
            yield _check_result(check, found.get(node))
        if failure:
            raise failure


def _in_order(specs: Mapping[str, dg.AssetSpec]) -> Iterable[str]:
    """Ids of assets, each after those of them that it is made of."""
    ids = {spec.key: key for key, spec in specs.items()}
    return TopologicalSorter(
        {
            key: [ids[dep.asset_key] for dep in spec.deps if dep.asset_key in ids]
            for key, spec in specs.items()
        }
    ).static_order()


def _status(found: Mapping[str, Any]) -> str:
    return str(found["node_info"]["node_status"])


def _check_result(
    check: dg.AssetCheckSpec, found: Mapping[str, Any] | None
) -> dg.AssetCheckResult | dg.Output[None]:
    if found is None or _status(found) == "skipped":
        return not_made(check)
    is_warning = _status(found) == "warn"
    return dg.AssetCheckResult(
        asset_key=check.asset_key,
        check_name=check.name,
        passed=_status(found) == "pass",
        severity=dg.AssetCheckSeverity.WARN
        if is_warning
        else dg.AssetCheckSeverity.ERROR,
        metadata={"failing_rows": int(found.get("num_failures", 0))},
    )


def not_made(check: dg.AssetCheckSpec) -> dg.Output[None]:
    """Output of a check that was not made: the run goes on, and nothing is reported."""
    return dg.Output(None, output_name=check.get_python_identifier())
