"""The main job, and loading alone."""

from __future__ import annotations

import datetime as dt
import os
import shlex
from dataclasses import replace
from pathlib import Path

import click

from linkage.base.errors import LinkageError
from linkage.base.settings import LAST_STAGES, RunSettings
from linkage.cli.options import (
    DATE,
    ENGINE,
    EXTRACTS,
    SOURCE,
    STUDY,
    WAREHOUSE,
    run_settings,
    source_of,
)
from linkage.cli.output import details, explained, output_console


@click.command()
@STUDY
@SOURCE
@ENGINE
@EXTRACTS
@WAREHOUSE
@click.option("--from", "study_from", type=DATE, help="First recorded_on to keep.")
@click.option("--to", "study_to", type=DATE, help="Last recorded_on to keep.")
@click.option(
    "--full-refresh",
    "--afresh",
    "full_refresh",
    is_flag=True,
    help="Build all, not only what new and changed deliveries name.",
)
@click.option(
    "--accept-fewer",
    is_flag=True,
    help="Publish even where fewer crime reports are delivered than were published.",
)
@click.option(
    "--month",
    "months",
    multiple=True,
    type=click.DateTime(["%Y-%m"]),
    help="Also build again what was recorded in this month (YYYY-MM); may be repeated.",
)
@click.option(
    "--record-level",
    type=click.Path(path_type=Path),
    help="A published warehouse of crime reports, to compare with the national figures "
    "(national).",
)
@click.option(
    "--until",
    type=click.Choice(LAST_STAGES),
    default=LAST_STAGES[-1],
    show_default=True,
    help="The last stage: publication, drivers (fit the models), release (what may be "
    "published outside) or site (the report site).",
)
def run(
    study: str,
    source: str,
    engine: str,
    extracts: Path | None,
    warehouse: Path | None,
    study_from: dt.datetime | None,
    study_to: dt.datetime | None,
    until: str,
    record_level: Path | None,
    *,
    full_refresh: bool,
    accept_fewer: bool,
    months: tuple[dt.datetime, ...],
) -> None:
    """Load, build, audit and publish; fit the driver models; write the report site.

    Where the last run has left what it takes, only the crime reports are built that new
    and changed deliveries name; what comes of it is what building all gives.
    """
    settings = replace(
        run_settings(
            source_of(study, source), engine, extracts, warehouse, study_from, study_to
        ),
        full_refresh=full_refresh,
        accept_fewer=accept_fewer,
        months=tuple(f"{month:%Y-%m}" for month in months),
        record_level=record_level.absolute() if record_level else None,
    )
    if record_level and settings.source != "national":
        raise LinkageError("--record-level is for --study national")
    console = output_console()
    from linkage.base.progress import Progress
    from linkage.base.run_log import RunLog
    from linkage.cli.terminal import TerminalReporter

    log = RunLog(settings, "run")
    try:
        with log, explained(settings), TerminalReporter(console) as reporter:
            _check_input(settings)
            progress = Progress(reporter, log.event)
            from linkage.publication.publish import one_run_at_a_time

            with one_run_at_a_time(settings):
                with progress.step("Start the tools"):
                    from orchestration.jobs import main_job, run_job

                    job = main_job(settings, progress)
                run_job(job, settings, until)
    finally:
        _notify(settings, log.status, log.message)
    from linkage.cli.summary import print_summary

    print_summary(console, settings, progress.times, progress.problems)


@click.command()
@STUDY
@SOURCE
@ENGINE
@EXTRACTS
@WAREHOUSE
def load(
    study: str,
    source: str,
    engine: str,
    extracts: Path | None,
    warehouse: Path | None,
) -> None:
    """Load deliveries for dbt by hand, into files that no run publishes.

    Standard output is the environment for `dbt`, for eval "$(linkage load ...)";
    progress goes to standard error, where that is a terminal.
    """
    settings = replace(
        run_settings(source_of(study, source), engine, extracts, warehouse),
        by_hand=True,
    )
    from linkage.publication.publish import one_run_at_a_time

    with explained(settings), one_run_at_a_time(settings):
        from linkage.checks.settings_check import check_settings
        from linkage.extracts.load import load_source

        check_settings()
        console = output_console(stderr=True)
        load_source(settings, details(console) if console.is_terminal else None)
    for name, value in settings.dbt_environment().items():
        click.echo(f"export {name}={shlex.quote(value)}")


def _check_input(settings: RunSettings) -> None:
    """Refuse a folder without deliveries before any tool is started."""
    if settings.engine == "spark":
        from linkage.engines.spark_session import refuse_without_java

        refuse_without_java()
    from linkage.extracts.deliveries import find_deliveries
    from linkage.extracts.layouts import LAYOUTS
    from linkage.extracts.national import find_national_deliveries

    if settings.source == "national":
        find_national_deliveries(settings.extracts)
    if settings.source in LAYOUTS:
        find_deliveries(settings.extracts, LAYOUTS[settings.source])


def _notify(settings: RunSettings, status: str, message: str) -> None:
    if "LINKAGE_NOTIFY" not in os.environ:
        return
    from linkage.publication.notifications import notify

    problem = notify(settings, status, message)
    if problem:
        click.echo(problem, err=True)
