"""Draws a simulation and writes its deliveries and their truth."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from linkage.simulator.arrays import Bools, Ints, generator
from linkage.simulator.calendar import (
    NO_DAY,
    SNAPSHOT,
    STUDY_MONTHS,
    day_number,
    draw_dates,
    draw_recorded_days,
    month_starts,
)
from linkage.simulator.calibration import Calibration
from linkage.simulator.cases import Cases
from linkage.simulator.columns import MISSING, Column, Table
from linkage.simulator.dirt import DirtyTable, keep_clean, make_dirty
from linkage.simulator.flow import Flow
from linkage.simulator.outcomes import draw_outcomes
from linkage.simulator.output import check_arguments, mark_simulated
from linkage.simulator.people import draw_ages
from linkage.simulator.plain import PlainTruth, draw_plain, draw_plain_withdrawal
from linkage.simulator.population import draw_population
from linkage.simulator.reports import Reports, build_reports, closed_on, report_dates
from linkage.simulator.summary import SimulationSummary
from linkage.simulator.truth import Arguments, write_truth
from linkage.simulator.withdrawal import draw_withdrawal
from linkage.simulator.writing import FileFormat, write_table

Truth = Literal["calibrated", "plain"]
_PILOT_CASES = 4000
_WHEN_CLOSED = ("outcome_code", "outcome_on", "investigation_completed_on")


@dataclass
class Drawn:
    """Cases with outcome and dates, in the order drawn."""

    cases: Cases
    dates: dict[str, Ints]
    recorded: Ints
    calibration: Calibration | None
    plain: PlainTruth | None


def simulate(
    out: Path,
    *,
    cases: int,
    seed: int,
    months: int,
    dirt: float,
    truth: Truth,
    file_format: FileFormat,
    progress: Callable[[str], None] | None,
) -> SimulationSummary:
    """Write the deliveries; see `simulator.simulate_deliveries`."""
    check_arguments(out, "cases", cases, seed, dirt, file_format)
    if months < 1:
        raise ValueError(f"months is {months}; it must be 1 or more")
    if truth not in ("calibrated", "plain"):
        raise ValueError(f"truth is {truth!r}; it must be calibrated or plain")
    tell = progress or (lambda text: None)
    drawn = draw_cases(cases, seed, months, truth)
    tell(f"drew {drawn.cases.size:,} cases")
    reports = build_reports(
        drawn.cases, drawn.dates, drawn.recorded, recorded_months(months), seed
    )
    tell(f"laid out {len(reports):,} crime reports")
    flow = Flow(reports)
    names = []
    for day, chosen, is_open in plan_deliveries(reports, months):
        name = day.isoformat()
        folder = out / name
        folder.mkdir(parents=True)
        delivery = _cut_delivery(reports, chosen, is_open)
        dirty = _soil(delivery, dirt, reports, seed, name)
        flow.read(dirty)
        for extract, table in dirty.items():
            write_table(table.table, folder / f"{extract}.{file_format}", file_format)
        mark_simulated(folder)
        names.append(name)
        tell(f"wrote delivery {name}: {int(chosen.sum()):,} crime reports")
    arguments = Arguments(cases, seed, months, dirt, truth, file_format)
    return write_truth(out, arguments, drawn, flow, tuple(names))


def draw_cases(cases: int, seed: int, months: int, truth: Truth) -> Drawn:
    """Draw cases such that `cases` of them are closed by the last delivery.

    One month means the study's snapshot, by which every case is closed. With more,
    cases still open are drawn on top, in the proportion a pilot finds.
    """
    if months == 1:
        return _draw(cases, seed, 1, truth)
    share = float(_closed(_draw(_PILOT_CASES, seed, months, truth), months).mean())
    size = cases
    for attempt in range(20):
        size = int(cases / max(share, 0.02) * (1.01 + 0.05 * attempt)) + 30
        drawn = _draw(size, seed, months, truth)
        closed = _closed(drawn, months)
        if closed.sum() >= cases:
            break
    order = generator(seed, "which cases").permutation(size)
    surplus = order[closed[order]][cases:]
    kept = np.setdiff1d(np.arange(size), surplus)
    return Drawn(
        drawn.cases.take(kept),
        {name: days[kept] for name, days in drawn.dates.items()},
        drawn.recorded[kept],
        drawn.calibration,
        drawn.plain,
    )


def _draw(size: int, seed: int, months: int, truth: Truth) -> Drawn:
    calibration = plain = None
    if truth == "plain":
        cases = draw_plain(size, seed)
        plain = draw_plain_withdrawal(cases, seed)
        withdrawn = plain.is_withdrawn
    else:
        cases = draw_population(size, seed)
        withdrawal = draw_withdrawal(cases, seed)
        calibration, withdrawn = withdrawal.calibration, withdrawal.is_withdrawn
    draw_ages(cases, seed)
    draw_outcomes(cases, withdrawn, seed)
    dates = draw_dates(cases, seed)
    recorded = draw_recorded_days(
        size, recorded_months(months), generator(seed, "recorded")
    )
    return Drawn(cases, dates, recorded, calibration, plain)


def recorded_months(months: int) -> int:
    """Months of recording: the whole study year for a single snapshot."""
    return STUDY_MONTHS if months == 1 else months


def _closed(drawn: Drawn, months: int) -> Bools:
    """Cases closed before the last delivery."""
    everyone = np.arange(drawn.cases.size)
    days = report_dates(drawn.dates, everyone, drawn.recorded)
    closed: Bools = closed_on(days) < day_number(month_starts(months)[-1])
    return closed


def plan_deliveries(
    reports: Reports, months: int
) -> list[tuple[dt.date, Bools, Bools]]:
    """Date of each delivery, the reports it holds and those of them still open.

    A report is delivered when recorded, as known by that date. It is delivered again in
    full with the first delivery after its closure.
    """
    everyone = np.ones(len(reports), dtype=np.bool_)
    never = reports.closed_on == NO_DAY
    if months == 1:
        return [(SNAPSHOT, everyone, never)]
    plan = []
    starts = month_starts(months)
    for first, last in itertools.pairwise(starts):
        start, end = day_number(first), day_number(last)
        is_new = (reports.recorded_on >= start) & (reports.recorded_on < end)
        is_open = never | (reports.closed_on >= end)
        comes_again = (
            (reports.recorded_on < start) & ~is_open & (reports.closed_on >= start)
        )
        plan.append((last, is_new | comes_again, is_open))
    return plan


def _cut_delivery(reports: Reports, chosen: Bools, is_open: Bools) -> dict[str, Table]:
    """Pick the rows of the chosen reports, outcome and completion empty while open."""
    delivery = {}
    for extract, whole in reports.tables.items():
        table = whole if chosen.all() else whole.take(chosen[whole.report])
        if extract == "offences" and is_open[table.report].any():
            blank = is_open[table.report]
            columns = dict(table.columns)
            for name in _WHEN_CLOSED:
                column = columns[name]
                columns[name] = Column(
                    np.where(blank, MISSING, column.codes).astype(np.int32),
                    column.values,
                )
            table = Table(table.report, columns)
        delivery[extract] = table
    return delivery


def _soil(
    delivery: dict[str, Table], dirt: float, reports: Reports, seed: int, name: str
) -> dict[str, DirtyTable]:
    if dirt == 0:
        return {extract: keep_clean(table) for extract, table in delivery.items()}
    return {
        extract: make_dirty(
            extract, table, dirt, reports, generator(seed, f"dirt {name} {extract}")
        )
        for extract, table in delivery.items()
    }
