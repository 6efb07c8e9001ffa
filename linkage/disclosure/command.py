"""`linkage export` and its output."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from linkage.base.settings import RunSettings
from linkage.disclosure.export import export_table


def export_published(settings: RunSettings, table: str, outs: Sequence[Path]) -> str:
    """Export a published table; the line to print. Raises LinkageError."""
    from linkage.publication.publish import one_run_at_a_time

    with one_run_at_a_time(settings):
        rows = export_table(settings, table, *outs)
    files = ", ".join(str(out) for out in outs)
    return f"{rows:,} rows of {table}, suppressed and rounded, in {files}"
