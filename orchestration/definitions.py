"""Entry point of `dagster dev -m orchestration.definitions`."""

from __future__ import annotations

from linkage.base.settings import SOURCES, set_quiet_environment

set_quiet_environment()

from orchestration.dbt_project import manifest_of  # noqa: E402
from orchestration.jobs import build_definitions  # noqa: E402
from orchestration.run_context import RUNS  # noqa: E402

defs = build_definitions(
    {source: manifest_of(RUNS[source]().settings) for source in SOURCES}
)
