"""Builds models in this process, without the rest of a run."""

from __future__ import annotations

from typing import Any

from linkage.settings import RunSettings
from orchestration import dbt_project

NOT_CRIS = ("stg_nibrs", "base_nibrs", "nibrs_", "every_nibrs")
VIOLENT_CRIME = "violent_crime"


def build_models(
    settings: RunSettings,
    parsed: Any,
    *kinds: str,
) -> None:
    """Build every CRIS node of these kinds (model, seed, test) on loaded deliveries."""
    of_cris = {
        key
        for key, node in parsed.nodes.items()
        if not node.name.startswith(NOT_CRIS) and VIOLENT_CRIME not in node.name
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


def build_violent_crime(settings: RunSettings, parsed: Any, *kinds: str) -> None:
    """Build every node of the violent-crime study of these kinds, on its raw tables."""
    selected = [
        node.name
        for node in parsed.nodes.values()
        if VIOLENT_CRIME in node.name and node.resource_type in kinds
    ]
    for _ in dbt_project.build(settings, parsed.deepcopy(), selected):
        pass
