"""The command line. Imports what a command needs when it runs, not before."""

from __future__ import annotations

import atexit
import datetime as dt
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linkage.errors import (
    LinkageError,
    StoppedError,
    WarehouseUnwritableError,
    causes,
)
from linkage.settings import (
    ENGINES,
    LAST_ROOMS,
    STUDIES,
    RunSettings,
    default_extracts,
    default_warehouse,
    retention_months,
    set_quiet_environment,
)

if TYPE_CHECKING:
    from rich.console import Console

DATE = click.DateTime(formats=["%Y-%m-%d"])
SOURCE = click.option(
    "--source",
    type=click.Choice(STUDIES["victim-withdrawal"]),
    default="cris",
    show_default=True,
    help="Where the deliveries come from.",
)
STUDY = click.option(
    "--study",
    type=click.Choice(list(STUDIES)),
    default="victim-withdrawal",
    show_default=True,
    help="violent-crime and national have extracts of their own "
    "(docs/violent-crime-extracts.md, docs/national-extracts.md).",
)
WAREHOUSE = click.option(
    "--warehouse",
    type=click.Path(path_type=Path),
    help="The DuckDB file to publish [default: warehouse/<source>.duckdb]; on Spark "
    "a folder of Parquet versions [default: warehouse/<source>.spark].",
)
ENGINE = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="duckdb",
    show_default=True,
    help="What builds the tables; spark needs Java (docs/spark.md).",
)
EXTRACTS = click.option(
    "--extracts",
    type=click.Path(path_type=Path),
    help="The folder of deliveries [default: data/extracts, data/nibrs, "
    "data/violent_crime or data/national].",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option("0.1.0", prog_name="linkage")
def linkage() -> None:
    """Crime outcome linkage: from crime-report extracts to who withdraws, and why."""


@linkage.command()
@STUDY
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="An empty folder."
)
@click.option(
    "--cases",
    type=click.IntRange(min=1),
    help="Cases of the combined dataset, crimes of the violent-crime study or suspects "
    "of the prosecution returns (national), over the whole period [default: as many as "
    "the study had: 273298, 80000 or 675000].",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--months",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Monthly deliveries; 1 is the London study's single snapshot of a year "
    "(victim-withdrawal).",
)
@click.option(
    "--dirt",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of rows made dirty.",
)
@click.option(
    "--truth",
    type=click.Choice(["calibrated", "plain"]),
    default="calibrated",
    show_default=True,
    help="calibrated meets the printed tables; plain is for parameter recovery "
    "(victim-withdrawal).",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "csv.gz", "parquet"]),
    default="csv",
    show_default=True,
)
def simulate(
    study: str,
    out: Path,
    cases: int | None,
    seed: int,
    months: int,
    dirt: float,
    truth: Any,
    file_format: Any,
) -> None:
    """Write SIMULATED deliveries of a study's extracts, with a known truth beside."""
    console = _console()
    if study == "violent-crime":
        console.print(_simulate_violent_crime(out, cases, seed, dirt, file_format))
        return
    if study == "national":
        console.print(_simulate_national(out, cases, seed, dirt, file_format))
        return
    from simulator import LONDON_CASES, simulate_deliveries

    with _bad_arguments_in_a_line():
        summary = simulate_deliveries(
            out,
            cases=cases or LONDON_CASES,
            seed=seed,
            months=months,
            dirt=dirt,
            truth=truth,
            file_format=file_format,
            progress=_details(console),
        )
    console.print(
        f"SIMULATED: {summary.crime_reports:,} crime reports, {summary.cases:,} "
        f"combined cases, {summary.cases_with_suspect:,} of them with a suspect, "
        f"{summary.withdrawals:,} withdrawals; the truth is in {summary.truth_file}",
        soft_wrap=True,
    )


@contextmanager
def _bad_arguments_in_a_line() -> Iterator[None]:
    """What a simulator refuses is for the user to mend."""
    try:
        yield
    except ValueError as error:
        raise LinkageError(str(error)) from error


def _simulate_violent_crime(
    out: Path, crimes: int | None, seed: int, dirt: float, file_format: Any
) -> str:
    from simulator.violent_crime import FULL_SIZE, simulate_violent_crime

    with _bad_arguments_in_a_line():
        summary = simulate_violent_crime(
            out, crimes or FULL_SIZE, seed, dirt=dirt, file_format=file_format
        )
    return (
        f"SIMULATED: {summary.crimes_delivered:,} violent crimes, "
        f"{summary.study_crimes:,} of them in the study; the truth is in "
        f"{summary.truth_file}"
    )


def _simulate_national(
    out: Path, cases: int | None, seed: int, dirt: float, file_format: Any
) -> str:
    from simulator.national import FULL_SIZE, simulate_national

    with _bad_arguments_in_a_line():
        summary = simulate_national(
            out, cases or FULL_SIZE, seed, dirt=dirt, file_format=file_format
        )
    suspects = summary.rows["cps_suspects"]
    return (
        f"SIMULATED: {suspects:,} suspects of the prosecution returns, audits, surveys "
        f"and reviews; the truth is in {summary.truth_file}"
    )


@linkage.command()
@STUDY
@SOURCE
@ENGINE
@EXTRACTS
@WAREHOUSE
@click.option("--from", "study_from", type=DATE, help="First recorded_on to keep.")
@click.option("--to", "study_to", type=DATE, help="Last recorded_on to keep.")
@click.option(
    "--afresh",
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
    help="A published warehouse of crime reports, to set beside the national figures "
    "(national).",
)
@click.option(
    "--until",
    type=click.Choice(LAST_ROOMS),
    default=LAST_ROOMS[-1],
    show_default=True,
    help="The last room: publication, drivers (fit the models), report (draw them) or "
    "site (the report site).",
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
    afresh: bool,
    accept_fewer: bool,
    months: tuple[dt.datetime, ...],
) -> None:
    """Load, build, audit and publish; fit the driver models and draw them.

    Where the last run has left what it takes, only the crime reports are built that new
    and changed deliveries name; what comes of it is what building all gives.
    """
    settings = replace(
        _settings(
            _source_of(study, source), engine, extracts, warehouse, study_from, study_to
        ),
        afresh=afresh,
        accept_fewer=accept_fewer,
        months=tuple(f"{month:%Y-%m}" for month in months),
        record_level=record_level.absolute() if record_level else None,
    )
    if record_level and settings.source != "national":
        raise LinkageError("--record-level is for --study national")
    console = _console()
    from linkage.progress import Progress
    from linkage.run_log import RunLog
    from linkage.terminal import TerminalReporter

    log = RunLog(settings, "run")
    try:
        with log, _explained(settings), TerminalReporter(console) as reporter:
            _check_input(settings)
            progress = Progress(reporter, log.event)
            from publication.publish import one_run_at_a_time

            with one_run_at_a_time(settings):
                with progress.step("Start the tools"):
                    from orchestration.in_process import run_in_process
                run_in_process(settings, progress, until)
    finally:
        _notify(settings, log.status, log.message)
    from linkage.summary import print_summary

    print_summary(console, settings, progress.times, progress.problems)


@linkage.command()
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
    """Load deliveries only, so that `dbt build` can be run by hand.

    Standard output is the environment for `dbt`, for eval "$(linkage load ...)";
    progress goes to standard error.
    """
    settings = _settings(_source_of(study, source), engine, extracts, warehouse)
    from publication.publish import one_run_at_a_time

    with _explained(settings), one_run_at_a_time(settings):
        from extracts.load import load_source
        from linkage.settings_check import check_settings

        check_settings()
        load_source(settings, _details(_console(stderr=True)))
    for name, value in settings.dbt_environment().items():
        click.echo(f"export {name}={shlex.quote(value)}")


@linkage.command()
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
    """Fit driver models on the published warehouse; draw them and write their cards."""
    settings = _published(source, engine, warehouse)
    console = _console()
    from publication.publish import one_run_at_a_time

    with _explained(settings), one_run_at_a_time(settings):
        from oversight.monitor import monitor_published
        from report.driver_pages import write_published_pages

        if benchmark:
            from ml.boosting import benchmark_published

            benchmark_published(settings, models, progress=_details(console))
        else:
            from ml.drivers import fit_published

            fit_published(settings, models, progress=_details(console))
            monitor_published(settings, progress=_details(console))
        write_published_pages(settings, models)
    console.print(f"Warehouse: {settings.warehouse}", soft_wrap=True)
    console.print(
        f"Driver models: {settings.driver_pages / 'index.html'}", soft_wrap=True
    )


@linkage.command()
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
    settings = _published(source, engine, warehouse)
    from linkage.summary import print_comparison
    from publication.publish import one_run_at_a_time

    with _explained(settings), one_run_at_a_time(settings):
        from ml.comparison import compare_published

        month = period_from.date().replace(day=1).isoformat() if period_from else None
        rows = compare_published(settings, first, second, month)
    print_comparison(_console(), rows)


@linkage.command("publications")
@SOURCE
@ENGINE
@WAREHOUSE
def list_publications(source: str, engine: str, warehouse: Path | None) -> None:
    """List the publications of a warehouse, and which of them are kept."""
    settings = _published(source, engine, warehouse)
    from linkage.summary import print_publications

    with _explained(settings):
        print_publications(_console(), settings)


@linkage.command()
@click.argument("before", type=click.IntRange(min=1))
@click.argument("after", type=click.IntRange(min=1))
@SOURCE
@ENGINE
@WAREHOUSE
def diff(
    before: int, after: int, source: str, engine: str, warehouse: Path | None
) -> None:
    """Compare two kept publications: counts, rates that moved, gaps that opened."""
    settings = _published(source, engine, warehouse)
    from linkage.summary import print_diff
    from publication.diff import diff_publications

    with _explained(settings):
        print_diff(_console(), diff_publications(settings, before, after))


@linkage.command()
@click.argument("publication", type=click.IntRange(min=1))
@SOURCE
@ENGINE
@WAREHOUSE
def rollback(
    publication: int, source: str, engine: str, warehouse: Path | None
) -> None:
    """Publish a kept publication again, under a new number."""
    settings = _published(source, engine, warehouse)
    from linkage.summary import print_publications
    from publication.publish import one_run_at_a_time
    from publication.publish import rollback as restore

    with _explained(settings), one_run_at_a_time(settings):
        has_pages, has_site = settings.driver_pages.exists(), settings.site.exists()
        restore(settings, publication)
        if has_pages:
            from report.driver_pages import write_published_pages

            write_published_pages(settings)
        if has_site:
            from report.site.write import write_site

            write_site(settings)
    print_publications(_console(), settings)


@linkage.command()
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
    """Write the crime reports to mend as CSV, those of the greatest harm first."""
    settings = _published(source, engine, warehouse)
    from expectations.exceptions import write_exceptions

    with _explained(settings):
        written = write_exceptions(
            settings, out, bcus=bcus, gaps=gaps, delivery=delivery
        )
    if out:
        _console().print(f"{written:,} reports to mend in {out}", soft_wrap=True)


@linkage.command("audit-sample")
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
    settings = _published(source, engine, warehouse)
    from expectations.record_audit import draw_sheet
    from publication.publish import one_run_at_a_time

    with _explained(settings), one_run_at_a_time(settings):
        sheet = draw_sheet(settings, out, outcome=outcome, size=size, seed=seed)
    _console().print(
        f"Audit {sheet.audit}: {sheet.sampled:,} of {sheet.population:,} cases closed "
        f"with outcome {outcome}, to be answered yes, no or not applicable in "
        f"{sheet.path}",
        soft_wrap=True,
    )


@linkage.command("audit-score")
@click.argument("sheet", type=click.Path(path_type=Path))
@SOURCE
@ENGINE
@WAREHOUSE
def audit_score(sheet: Path, source: str, engine: str, warehouse: Path | None) -> None:
    """Score a filled sheet; answers and results are kept in the warehouse."""
    settings = _published(source, engine, warehouse)
    from expectations.record_audit import score_sheet
    from linkage.summary import print_record_audit
    from publication.publish import one_run_at_a_time

    with _explained(settings), one_run_at_a_time(settings):
        scored = score_sheet(settings, sheet)
    print_record_audit(_console(), scored)


@linkage.command("forget")
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
    settings = _settings(_source_of(study, source), engine, extracts, warehouse)
    months = retention_months() if is_expired else None
    console = _console()
    from erasure.command import run_forget
    from publication.publish import one_run_at_a_time

    with _explained(settings), one_run_at_a_time(settings):
        lines = run_forget(
            settings,
            crime_refs,
            refs_file,
            months,
            also=also,
            progress=_details(console),
        )
    for line in lines:
        console.print(line, soft_wrap=True, markup=False)


@linkage.command()
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
    """Write a published table that may leave: small counts suppressed, rounded."""
    settings = _published(_source_of(study, source), engine, warehouse)
    from disclosure.command import export_published

    with _explained(settings):
        message = export_published(settings, table, outs)
    _console().print(message, soft_wrap=True)


@linkage.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The folder to write [default: beside the warehouse].",
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
    settings = _published(_source_of(study, source), engine, warehouse)
    from publication.publish import one_run_at_a_time
    from report.site.write import write_site

    with _explained(settings), one_run_at_a_time(settings):
        site = write_site(settings, out)
    _console().print(
        f"{site.pages} pages, {site.size / 1e6:.1f} MB: {site.index}", soft_wrap=True
    )
    if is_opened:
        import webbrowser

        webbrowser.open(site.index.as_uri())


def _published(source: str, engine: str, warehouse: Path | None) -> RunSettings:
    """Settings of a warehouse that is there; LinkageError if none is."""
    from publication.publish import refuse_unpublished

    settings = _settings(source, engine, None, warehouse)
    refuse_unpublished(settings)
    return settings


def _settings(
    source: str,
    engine: str,
    extracts: Path | None,
    warehouse: Path | None,
    study_from: dt.datetime | None = None,
    study_to: dt.datetime | None = None,
) -> RunSettings:
    if study_from and study_to and study_from > study_to:
        raise LinkageError("--from is after --to")
    return RunSettings(
        source=source,
        extracts=(extracts or default_extracts(source)).absolute(),
        warehouse=(warehouse or default_warehouse(source, engine)).absolute(),
        study_from=study_from.date().isoformat() if study_from else None,
        study_to=study_to.date().isoformat() if study_to else None,
        engine=engine,
    )


def _source_of(study: str, source: str) -> str:
    """The source of a study: as asked, or the study's own where nothing was."""
    sources = STUDIES[study]
    if source in sources:
        return source
    if source != STUDIES["victim-withdrawal"][0]:
        raise LinkageError(f"--study {study} is not made on --source {source}")
    return sources[0]


def _check_input(settings: RunSettings) -> None:
    """Refuse a folder without deliveries before any tool is started."""
    if settings.engine == "spark":
        from engines.spark_session import refuse_without_java

        refuse_without_java()
    from extracts.deliveries import find_deliveries
    from extracts.layouts import LAYOUTS
    from extracts.national import find_national_deliveries

    if settings.source == "national":
        find_national_deliveries(settings.extracts)
    if settings.source in LAYOUTS:
        find_deliveries(settings.extracts, LAYOUTS[settings.source])


def _notify(settings: RunSettings, status: str, message: str) -> None:
    if "LINKAGE_NOTIFY" not in os.environ:
        return
    from linkage.notifications import notify

    problem = notify(settings, status, message)
    if problem:
        click.echo(problem, err=True)


def _details(console: Console) -> Callable[[str], None]:
    """Progress as lines, set in."""

    def say(text: str) -> None:
        console.print(f"  {text}", soft_wrap=True, markup=False)

    return say


def _console(*, stderr: bool = False) -> Console:
    from linkage.terminal import OutputConsole

    # Piped into a file or a log there is no width to keep to: tables stay whole.
    console = OutputConsole(highlight=False, stderr=stderr)
    if console.is_terminal:
        return console
    return OutputConsole(highlight=False, width=120, stderr=stderr)


class _explained:  # noqa: N801 - reads as a phrase where it is used
    """Turns what the machine refuses (disk, permission, stop) into one line.

    The line ends with what became of the published warehouse.
    """

    def __init__(self, settings: RunSettings) -> None:
        self.settings = settings

    def __enter__(self) -> None:
        self.published = _identity(self.settings.warehouse)

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if error is None or any(
            isinstance(cause, LinkageError | BrokenPipeError) for cause in causes(error)
        ):
            return
        if not isinstance(error, Exception | SystemExit):
            # Dagster turns Ctrl-C into an interrupt of its own, which is no Exception.
            raise StoppedError(f"stopped; {self._standing()}") from error
        from engines.limits import (
            is_disk_full,
            is_memory_full,
            is_permission_lost,
            is_temp_full,
        )

        if is_memory_full(error):
            raise LinkageError(
                f"the build needs more than its {self.settings.memory_limit} of "
                "memory; raise LINKAGE_MEMORY_LIMIT or set LINKAGE_THREADS=1 "
                f"({self._standing()})"
            ) from error
        if is_temp_full(error):
            raise LinkageError(
                f"the build needs more than its {self.settings.temp_limit} of "
                f"temporary disk under {self.settings.temp}; raise LINKAGE_TEMP_LIMIT "
                f"or LINKAGE_MEMORY_LIMIT ({self._standing()})"
            ) from error
        if is_disk_full(error):
            raise WarehouseUnwritableError(
                f"{self.settings.build_folder}: the disk is full; free some space and "
                f"run again ({self._standing()})"
            ) from error
        if is_permission_lost(error):
            where = getattr(error, "filename", None) or self.settings.build_folder
            raise WarehouseUnwritableError(
                f"{where}: permission denied; {self._standing()}"
            ) from error

    def _standing(self) -> str:
        published = _identity(self.settings.warehouse)
        if published is None:
            return "nothing has been published"
        if published == self.published:
            return "the published warehouse is unchanged"
        return f"{self.settings.warehouse} was published before that"


def _identity(warehouse: Path) -> tuple[str, int, int] | None:
    """Which file is published: another one after each publication."""
    try:
        found = warehouse.resolve(strict=True)
        if found.is_dir():  # Spark: a link to the version that counts
            found = (warehouse / "current").resolve(strict=True)
        return str(found), found.stat().st_ino, found.stat().st_mtime_ns
    except OSError:
        return None


def main() -> None:
    """Run the command line; every error a user can correct is one line."""
    set_quiet_environment()
    status = _main()
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    with suppress(BrokenPipeError):
        sys.stderr.flush()
    # What the tools hold is let go; then the process ends at once, before their native
    # modules report at length on references that do not matter any more.
    atexit._run_exitfuncs()
    os._exit(status)


def _main() -> int:
    try:
        linkage.main(standalone_mode=False)
    except click.ClickException as error:
        return _say(error.format_message(), 2)
    except LinkageError as error:
        return _say(str(error), error.exit_status)
    except click.Abort:
        return _say("stopped", 2)
    except BaseException as error:
        for cause in causes(error):
            if isinstance(cause, LinkageError):
                return _say(str(cause), cause.exit_status)
            if isinstance(cause, BrokenPipeError):
                # Whoever reads the output (a pager, `head`) has seen enough.
                return 0
        log = Path.cwd() / "linkage-error.log"
        log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
        return _say(f"unexpected {type(error).__name__}; details are in {log}", 2)
    return 0


def _say(message: str, status: int) -> int:
    print(f"linkage: {' '.join(message.split())}", file=sys.stderr)
    return status


if __name__ == "__main__":
    main()
