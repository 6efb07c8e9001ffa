"""Every published table has readers."""

from __future__ import annotations

from typing import Any


def test_every_published_table_has_readers(parsed: Any) -> None:
    read = {key for one in parsed.exposures.values() for key in one.depends_on.nodes}
    published = {
        key
        for key, node in parsed.nodes.items()
        if node.resource_type == "model"
        and node.schema in ("marts", "quality", "drivers")
        and node.config.materialized != "ephemeral"
    }
    assert published <= read
