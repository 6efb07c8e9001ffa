"""Which dbt models and seeds belong to which study."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from linkage.base.settings import STUDIES

# Sources with a study of their own; the others share the models of victim withdrawal.
OWN_STUDY = (*STUDIES["violent-crime"], *STUDIES["national"])
OF_EVERY_SOURCE = (
    "deliveries",
    "data_quality_gaps",
    "data_quality_suites",
    "audit_gap_counts",
    "gaps",
    "gaps_by_group",
    "exceptions",
    "scorecard",
)


def is_of(props: Mapping[str, Any], source: str) -> bool:
    """Is a node the source's own: in a folder of its name, or named after it?"""
    return source in props["fqn"][:-1] or bool(
        re.search(rf"(^|_){source}(s?_|s?$)", props["name"])
    )
