"""Entry point of `dagster dev -m orchestration.definitions`.

Every source, or that of LINKAGE_SOURCE alone.
"""

from __future__ import annotations

import os

from linkage.base.settings import SOURCES, set_quiet_environment

set_quiet_environment()

from orchestration.dbt_project import manifest_of  # noqa: E402
from orchestration.jobs import build_definitions  # noqa: E402
from orchestration.run_context import RUNS  # noqa: E402

_shown = os.environ.get("LINKAGE_SOURCE")
defs = build_definitions(
    {
        source: manifest_of(RUNS[source]().settings)
        for source in ([_shown] if _shown else SOURCES)
    }
)
