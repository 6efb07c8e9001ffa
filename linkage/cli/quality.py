"""Data quality: records to correct, audits of closed records."""

from __future__ import annotations

from pathlib import Path

import click

from linkage.cli.options import (
    ENGINE,
    SOURCE,
    WAREHOUSE,
    published_settings,
)
from linkage.cli.output import explained, output_console


@click.command()
@click.option("--bcu", "bcus", multiple=True, help="A BCU's name; may be repeated.")
@click.option("--gap", "gaps", multiple=True, help="A gap's name; may be repeated.")
@click.option("--delivery", help="Only what came in this delivery.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The CSV file to write; without it the rows go to standard output.",
)
@SOURCE
@ENGINE
@WAREHOUSE
def exceptions(
    bcus: tuple[str, ...],
    gaps: tuple[str, ...],
    delivery: str | None,
    out: Path | None,
    source: str,
    engine: str,
    warehouse: Path | None,
) -> None:
    """Write the crime reports to correct as CSV, those of the greatest harm first."""
    settings = published_settings(source, engine, warehouse)
    from expectations.exceptions import write_exceptions

    with explained(settings):
        written = write_exceptions(
            settings, out, bcus=bcus, gaps=gaps, delivery=delivery
        )
    if out:
        output_console().print(
            f"{written:,} reports to correct in {out}", soft_wrap=True
        )


@click.command("audit-sample")
@click.option(
    "--outcome", default="16", show_default=True, help="Outcome code to audit."
)
@click.option("--size", type=click.IntRange(min=1), default=334, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The sheet to write, .csv or .xlsx.",
)
@SOURCE
@ENGINE
@WAREHOUSE
def audit_sample(
    outcome: str,
    size: int,
    seed: int,
    out: Path,
    source: str,
    engine: str,
    warehouse: Path | None,
) -> None:
    """Draw a sheet of closed records to audit by hand, a random sample of each BCU."""
    settings = published_settings(source, engine, warehouse)
    from expectations.record_audit import draw_sheet
    from linkage.publication.publish import one_run_at_a_time

    with explained(settings), one_run_at_a_time(settings):
        sheet = draw_sheet(settings, out, outcome=outcome, size=size, seed=seed)
    output_console().print(
        f"Audit {sheet.audit}: {sheet.sampled:,} of {sheet.population:,} cases closed "
        f"with outcome {outcome}, to be answered yes, no or not applicable in "
        f"{sheet.path}",
        soft_wrap=True,
    )


@click.command("audit-score")
@click.argument("sheet", type=click.Path(path_type=Path))
@SOURCE
@ENGINE
@WAREHOUSE
def audit_score(sheet: Path, source: str, engine: str, warehouse: Path | None) -> None:
    """Score a filled sheet; answers and results are kept in the warehouse."""
    settings = published_settings(source, engine, warehouse)
    from expectations.record_audit import score_sheet
    from linkage.cli.summary import print_record_audit
    from linkage.publication.publish import one_run_at_a_time

    with explained(settings), one_run_at_a_time(settings):
        scored = score_sheet(settings, sheet)
    print_record_audit(output_console(), scored)
