"""Builds models or publishes in this process, without the rest of a run."""

from __future__ import annotations

import shutil
from typing import Any

import duckdb

from linkage.base.settings import RunSettings
from linkage.publication.kept import kept_publications
from linkage.publication.publish import publish
from orchestration import dbt_project

NOT_CRIS = ("stg_nibrs", "base_nibrs", "nibrs_", "every_nibrs")


def build_models(
    settings: RunSettings,
    parsed: Any,
    *kinds: str,
) -> None:
    """Build every CRIS node of these kinds (model, seed, test) on loaded deliveries."""
    of_cris = {
        key
        for key, node in parsed.nodes.items()
        if not node.name.startswith(NOT_CRIS)
        and not any(is_of_study(node, source) for source in dbt_project.OWN_STUDY)
    }
    selected = [
        parsed.nodes[key].name
        for key in of_cris
        if parsed.nodes[key].resource_type in kinds
        and (
            parsed.nodes[key].resource_type != "test"
            or of_cris.issuperset(parsed.nodes[key].depends_on_nodes)
        )
    ]
    # A build leaves its compiled SQL in the manifest.
    for _ in dbt_project.build(settings, parsed.deepcopy(), selected):
        pass


def publish_changed(settings: RunSettings, *changes: str) -> None:
    """Publish what stands published, changed as a new build would be."""
    shutil.copyfile(settings.warehouse, settings.build)
    with duckdb.connect(str(settings.build)) as connection:
        for change in changes:
            connection.execute(change).fetchall()
    settings.audited_docs.mkdir()
    name = f"audit {len(kept_publications(settings)) + 1}"
    (settings.audited_docs / "index.html").write_text(name)
    publish(settings)


def is_of_study(node: Any, source: str) -> bool:
    """Is a node of a study's own, or a test of one?"""
    return dbt_project.is_of({"name": node.name, "fqn": node.fqn}, source) or (
        node.resource_type == "test" and source in node.name
    )


def build_study(settings: RunSettings, parsed: Any, *kinds: str) -> None:
    """Build every node of these kinds of a study of its own, on its raw tables."""
    manifest = parsed.writable_manifest().to_dict(omit_none=False)
    nodes = dbt_project.nodes_of(manifest, settings.source)
    kept = {node.name for node in parsed.nodes.values() if node.resource_type in kinds}
    selected = [
        name
        for name in dbt_project.with_their_tests(manifest, nodes, nodes)
        if name in kept
    ]
    for _ in dbt_project.build(settings, parsed.deepcopy(), selected):
        pass
