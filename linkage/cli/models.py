"""Driver models: fit and compare."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from linkage.base.errors import LinkageError
from linkage.cli.options import (
    DATE,
    ENGINE,
    SOURCE,
    WAREHOUSE,
    published_settings,
)
from linkage.cli.output import details, explained, output_console
from linkage.cli.release import released_site


@click.command()
@click.option("--model", "models", multiple=True, help="A model's id; may be repeated.")
@click.option(
    "--benchmark",
    is_flag=True,
    help="Compare with gradient boosting on the same columns instead of fitting.",
)
@SOURCE
@ENGINE
@WAREHOUSE
def drivers(
    models: tuple[str, ...],
    benchmark: bool,
    source: str,
    engine: str,
    warehouse: Path | None,
) -> None:
    """Fit driver models on the published warehouse, and write the report site."""
    settings = published_settings(source, engine, warehouse)
    console = output_console()
    from linkage.publication.publish import one_run_at_a_time

    with explained(settings), one_run_at_a_time(settings):
        from linkage.oversight.monitor import monitor_published

        if benchmark:
            from ml.boosting import benchmark_published

            benchmark_published(settings, models, progress=details(console))
        else:
            from ml.drivers import fit_published

            fit_published(settings, models, progress=details(console))
            monitor_published(settings, progress=details(console))
        site = released_site(settings)
    console.print(f"Warehouse: {settings.warehouse}", soft_wrap=True)
    console.print(f"Report: {site.index}", soft_wrap=True)


@click.command()
@click.argument("first")
@click.argument("second", required=False)
@click.option(
    "--from",
    "period_from",
    type=DATE,
    help="Compare FIRST before and from the month of this date.",
)
@SOURCE
@ENGINE
@WAREHOUSE
def compare(
    first: str,
    second: str | None,
    period_from: dt.datetime | None,
    source: str,
    engine: str,
    warehouse: Path | None,
) -> None:
    """Test which odds ratios differ between two driver models, or two periods."""
    if (second is None) == (period_from is None):
        raise LinkageError("compare: name a second model, or a month with --from")
    settings = published_settings(source, engine, warehouse)
    from linkage.cli.summary import print_comparison
    from linkage.publication.publish import one_run_at_a_time

    with explained(settings), one_run_at_a_time(settings):
        from ml.comparison import compare_published

        month = period_from.date().replace(day=1).isoformat() if period_from else None
        rows = compare_published(settings, first, second, month)
    print_comparison(output_console(), rows)
