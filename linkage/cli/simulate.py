"""Simulated deliveries with a known truth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from linkage.base.errors import LinkageError
from linkage.cli.options import (
    STUDY,
)
from linkage.cli.output import details, output_console


@click.command()
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
    """Write SIMULATED deliveries of a study's extracts, with a known truth."""
    console = output_console()
    if study == "violent-crime":
        console.print(_simulate_violent_crime(out, cases, seed, dirt, file_format))
        return
    if study == "national":
        console.print(_simulate_national(out, cases, seed, dirt, file_format))
        return
    from linkage.simulator import LONDON_CASES, simulate_deliveries

    with _bad_arguments_in_a_line():
        summary = simulate_deliveries(
            out,
            cases=cases or LONDON_CASES,
            seed=seed,
            months=months,
            dirt=dirt,
            truth=truth,
            file_format=file_format,
            progress=details(console),
        )
    console.print(
        f"SIMULATED: {summary.crime_reports:,} crime reports, {summary.cases:,} "
        f"combined cases, {summary.cases_with_suspect:,} of them with a suspect, "
        f"{summary.withdrawals:,} withdrawals; the truth is in {summary.truth_file}",
        soft_wrap=True,
    )


@contextmanager
def _bad_arguments_in_a_line() -> Iterator[None]:
    """The user must correct input that a simulator refuses."""
    try:
        yield
    except ValueError as error:
        raise LinkageError(str(error)) from error


def _simulate_violent_crime(
    out: Path, crimes: int | None, seed: int, dirt: float, file_format: Any
) -> str:
    from linkage.simulator.violent_crime import FULL_SIZE, simulate_violent_crime

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
    from linkage.simulator.national import FULL_SIZE, simulate_national

    with _bad_arguments_in_a_line():
        summary = simulate_national(
            out, cases or FULL_SIZE, seed, dirt=dirt, file_format=file_format
        )
    suspects = summary.rows["cps_suspects"]
    return (
        f"SIMULATED: {suspects:,} suspects of the prosecution returns, audits, surveys "
        f"and reviews; the truth is in {summary.truth_file}"
    )
