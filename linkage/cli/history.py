"""Publications: list, compare, restore; take reports out of all of them."""

from __future__ import annotations

from pathlib import Path

import click

from linkage.base.settings import retention_months
from linkage.cli.options import (
    ENGINE,
    EXTRACTS,
    SOURCE,
    STUDY,
    WAREHOUSE,
    published_settings,
    run_settings,
    source_of,
)
from linkage.cli.output import details, explained, output_console
from linkage.cli.release import released_site


@click.command("publications")
@SOURCE
@ENGINE
@WAREHOUSE
def list_publications(source: str, engine: str, warehouse: Path | None) -> None:
    """List the publications of a warehouse, and which of them are kept."""
    settings = published_settings(source, engine, warehouse)
    from linkage.cli.summary import print_publications

    with explained(settings):
        print_publications(output_console(), settings)


@click.command()
@click.argument("before", type=click.IntRange(min=1))
@click.argument("after", type=click.IntRange(min=1))
@SOURCE
@ENGINE
@WAREHOUSE
def diff(
    before: int, after: int, source: str, engine: str, warehouse: Path | None
) -> None:
    """Compare two kept publications: counts, rates that moved, gaps that opened."""
    settings = published_settings(source, engine, warehouse)
    from linkage.cli.summary import print_diff
    from linkage.publication.diff import diff_publications

    with explained(settings):
        print_diff(output_console(), diff_publications(settings, before, after))


@click.command()
@click.argument("publication", type=click.IntRange(min=1))
@SOURCE
@ENGINE
@WAREHOUSE
def rollback(
    publication: int, source: str, engine: str, warehouse: Path | None
) -> None:
    """Publish a kept publication again, under a new number."""
    settings = published_settings(source, engine, warehouse)
    from linkage.cli.summary import print_publications
    from linkage.publication.publish import one_run_at_a_time
    from linkage.publication.publish import rollback as restore

    with explained(settings), one_run_at_a_time(settings):
        has_site = settings.site.exists()
        restore(settings, publication)
        if has_site:
            released_site(settings)
    print_publications(output_console(), settings)


@click.command("forget")
@click.option(
    "--crime-ref", "crime_refs", multiple=True, help="A reference; may be repeated."
)
@click.option(
    "--from-file",
    "refs_file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="A file with a reference to a line; - is standard input.",
)
@click.option(
    "--expired",
    "is_expired",
    is_flag=True,
    help="Those older than LINKAGE_RETENTION_MONTHS, counted from the newest delivery.",
)
@click.option(
    "--also",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A file or folder of exports to search too; may be repeated.",
)
@STUDY
@SOURCE
@ENGINE
@EXTRACTS
@WAREHOUSE
def forget_reports(
    crime_refs: tuple[str, ...],
    refs_file: Path | None,
    is_expired: bool,
    also: tuple[Path, ...],
    study: str,
    source: str,
    engine: str,
    extracts: Path | None,
    warehouse: Path | None,
) -> None:
    """Take crime reports out of deliveries and publications, and prove it."""
    settings = run_settings(source_of(study, source), engine, extracts, warehouse)
    months = retention_months() if is_expired else None
    console = output_console()
    from linkage.erasure.command import run_forget
    from linkage.publication.publish import one_run_at_a_time

    with explained(settings), one_run_at_a_time(settings):
        lines = run_forget(
            settings,
            crime_refs,
            refs_file,
            months,
            also=also,
            progress=details(console),
        )
    for line in lines:
        console.print(line, soft_wrap=True, markup=False)
