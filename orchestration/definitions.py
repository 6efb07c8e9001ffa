"""Entry point of `dagster dev -m orchestration.definitions`."""

from __future__ import annotations

from linkage.base.settings import (
    SOURCES,
    RunSettings,
    default_extracts,
    default_warehouse,
    set_quiet_environment,
)

set_quiet_environment()

from orchestration import dbt_project  # noqa: E402
from orchestration.jobs import build_definitions  # noqa: E402


def _manifest(source: str) -> dict[str, object]:
    settings = RunSettings(
        source=source,
        extracts=default_extracts(source),
        warehouse=default_warehouse(source),
    )
    dbt_project.parse(settings)
    return dbt_project.read_manifest(dbt_project.manifest_path(settings))


defs = build_definitions({source: _manifest(source) for source in SOURCES})
