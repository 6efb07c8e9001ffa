"""Builds models or publishes in this process, without the rest of a run."""

from __future__ import annotations

import shutil

import duckdb

from linkage.base.settings import RunSettings
from linkage.publication.kept import kept_publications
from linkage.publication.publish import publish
from orchestration import dbt_project


def build_models(settings: RunSettings, *kinds: str) -> None:
    """Build every node of these kinds (model, seed, test) on loaded deliveries."""
    # A build leaves its compiled SQL in the manifest.
    parsed = dbt_project.parse(settings)
    for _ in dbt_project.build(settings, parsed, "--resource-type", *kinds):
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
