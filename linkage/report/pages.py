"""Shared by every page of the report: its template, its source, its banner."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from linkage.base.page_templates import page_templates
from linkage.disclosure.pages import rows_of
from linkage.disclosure.settings import DisclosureSettings
from linkage.publication.publications import is_simulated


def about(
    connection: duckdb.DuckDBPyConnection, rules: DisclosureSettings
) -> dict[str, Any]:
    """SIMULATED or not, and source, publication and rules in words."""
    return {
        "is_simulated": is_simulated(connection),
        "published": f"{_published(connection)}. {rules.in_words()}",
    }


def embedded(svg: str) -> str:
    """A drawing as the text of a `data:` address, so that a page is one file."""
    return base64.b64encode(svg.encode()).decode("ascii")


def render(template: str, path: Path, content: Mapping[str, Any]) -> None:
    """Write a page; a name in the template that `content` lacks is an error."""
    environment = page_templates(Path(__file__).parent)
    page = environment.get_template(template).render(**content)
    path.write_text(page, encoding="utf-8")


def _published(connection: duckdb.DuckDBPyConnection) -> str:
    """Source and publication in a few words."""
    sources = ", ".join(
        row["source_system"].upper().replace("_", " ")
        for row in rows_of(
            connection,
            "select distinct source_system from quality.deliveries order by 1",
        )
    )
    latest = rows_of(
        connection,
        "select publication, published_at from quality.publications "
        "order by publication desc limit 1",
    )
    return "; ".join(
        [
            f"Source {sources}",
            *(
                f"publication {row['publication']} of {row['published_at']:%d %B %Y}"
                for row in latest
            ),
        ]
    )
