"""Entry point of `dagster dev -m orchestration.definitions`."""

from __future__ import annotations

from linkage.base.settings import (
    RunSettings,
    default_extracts,
    default_warehouse,
    set_quiet_environment,
)

set_quiet_environment()

from orchestration.dbt_project import manifest_of  # noqa: E402
from orchestration.jobs import build_definitions  # noqa: E402

# One manifest holds the models of every source.
_cris = RunSettings("cris", default_extracts("cris"), default_warehouse("cris"))
defs = build_definitions(manifest_of(_cris))
