"""Entry point of `dagster dev -m orchestration.definitions`."""

from __future__ import annotations

from linkage.base.settings import (
    RunSettings,
    default_extracts,
    default_warehouse,
    set_quiet_environment,
)

set_quiet_environment()

from orchestration import dbt_project  # noqa: E402
from orchestration.jobs import build_definitions  # noqa: E402


def _manifest() -> dict[str, object]:
    settings = RunSettings(
        source="cris",
        extracts=default_extracts("cris"),
        warehouse=default_warehouse("cris"),
    )
    dbt_project.parse(settings)
    return dbt_project.read_manifest(dbt_project.manifest_path(settings))


defs = build_definitions(_manifest())
