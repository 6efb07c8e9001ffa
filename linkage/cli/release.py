"""Releases outside: tables and the report site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from linkage.base.settings import RunSettings
from linkage.cli.options import (
    ENGINE,
    SOURCE,
    STUDY,
    WAREHOUSE,
    published_settings,
    source_of,
)
from linkage.cli.output import explained, output_console

if TYPE_CHECKING:
    from linkage.report.site.write import Site


@click.command()
@click.argument("table")
@click.option(
    "--out",
    "outs",
    type=click.Path(path_type=Path),
    required=True,
    multiple=True,
    help="The file to write: .csv, .parquet, .xlsx or .json; may be repeated.",
)
@STUDY
@SOURCE
@ENGINE
@WAREHOUSE
def export(
    table: str,
    outs: tuple[Path, ...],
    study: str,
    source: str,
    engine: str,
    warehouse: Path | None,
) -> None:
    """Write a table of schema release: what may be published (docs/disclosure.md)."""
    settings = published_settings(source_of(study, source), engine, warehouse)
    from linkage.disclosure.export import export_table
    from linkage.publication.publish import one_run_at_a_time

    with explained(settings), one_run_at_a_time(settings):
        _ensure_released(settings)
        rows = export_table(settings, table, *outs)
    files = ", ".join(str(out) for out in outs)
    output_console().print(f"{rows:,} rows of {table} in {files}", soft_wrap=True)


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder to write [default: next to the warehouse].",
)
@click.option("--open", "is_opened", is_flag=True, help="Open it in the browser.")
@STUDY
@SOURCE
@ENGINE
@WAREHOUSE
def report(
    out: Path | None,
    is_opened: bool,
    study: str,
    source: str,
    engine: str,
    warehouse: Path | None,
) -> None:
    """Write the report site: pages to look at, opened from disk (docs/report.md)."""
    settings = published_settings(source_of(study, source), engine, warehouse)
    from linkage.publication.publish import one_run_at_a_time

    with explained(settings), one_run_at_a_time(settings):
        site = released_site(settings, out)
    output_console().print(
        f"{site.pages} pages, {site.size / 1e6:.1f} MB: {site.index}", soft_wrap=True
    )
    if is_opened:
        import webbrowser

        webbrowser.open(site.index.as_uri())


@click.command()
@click.argument("page")
@click.option("--figure", default="", help="A figure of the page [default: the first].")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write: .svg or .png.",
)
@STUDY
@SOURCE
@ENGINE
@WAREHOUSE
def picture(
    page: str,
    figure: str,
    out: Path,
    study: str,
    source: str,
    engine: str,
    warehouse: Path | None,
) -> None:
    """Write a figure of the report site, such as model-12, for a slide (Chromium)."""
    settings = published_settings(source_of(study, source), engine, warehouse)
    from linkage.report.site.picture import write_picture

    with explained(settings):
        write_picture(settings, page, figure, out)
    output_console().print(f"Picture: {out}", soft_wrap=True)


def released_site(settings: RunSettings, out: Path | None = None) -> Site:
    """Write the report site of what is released; the caller holds the lock."""
    from linkage.report.site.write import write_site

    _ensure_released(settings)
    return write_site(settings, out)


def _ensure_released(settings: RunSettings) -> None:
    """Build schema release if a change of the published tables has removed it."""
    from linkage.base.progress import Progress
    from linkage.cli.terminal import TerminalReporter
    from orchestration.stages import ensure_released

    with TerminalReporter(output_console()) as reporter:
        ensure_released(settings, Progress(reporter))
