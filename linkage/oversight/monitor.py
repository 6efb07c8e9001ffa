"""Publishes the monitor of withdrawal: by month and place, its signals, the funnel."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from linkage.base import failures
from linkage.base.settings import RunSettings
from linkage.oversight.chart import (
    Calendar,
    Chart,
    Funnel,
    draw_chart,
    draw_funnel,
    read_calendar,
)
from linkage.oversight.expected import AreaCounts, count
from linkage.oversight.settings import MonitorSettings, read_settings
from linkage.publication.publish import next_version, open_published
from linkage.publication.written_tables import Table, create_table, insert_rows

Rows = list[dict[str, Any]]
TABLES_FILE = Path(__file__).with_name("monitor_tables.yml")
SCHEMA = "marts"


def monitor_published(
    settings: RunSettings,
    *,
    progress: Callable[[str], None] | None = None,
    problem: Callable[[str], None] = failures.to_standard_error,
) -> int:
    """Monitor the published warehouse and publish the result; the number of signals.

    A crime area that fails is left out and passed to `problem`. The caller holds the
    warehouse's lock. Raises LinkageError for settings that name a model that is of no
    use.
    """
    with open_published(settings) as connection:
        rows = watch(connection, settings.source, read_settings(), problem)
    write_tables(settings, rows)
    signals = rows["withdrawal_signals"]
    if progress:
        progress(describe(signals))
    return len(signals)


def watch(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    settings: MonitorSettings,
    problem: Callable[[str], None] = failures.to_standard_error,
) -> dict[str, Rows]:
    """The rows of each table, from an open warehouse."""
    months, areas = count(connection, settings, source)
    rows: dict[str, Rows] = {name: [] for name in monitor_tables()}
    if not areas:
        return rows
    calendar = read_calendar(
        months,
        latest_delivery(connection, months[-1]),
        settings.months_to_mature.get(source, 0),
        settings,
    )
    for counts in areas:
        try:
            found = _watch_area(counts, calendar, settings)
        except Exception as error:
            what = f"{counts.crime_area} could not be watched"
            problem(failures.in_a_line(what, error))
            continue
        for name, some in found.items():
            rows[name] += some
    return rows


def _watch_area(
    counts: AreaCounts, calendar: Calendar, settings: MonitorSettings
) -> dict[str, Rows]:
    chart = draw_chart(counts, calendar, settings)
    funnel = draw_funnel(counts, calendar, settings)
    return {
        "withdrawal_monitor": _monitor_rows(counts, calendar, chart),
        "withdrawal_signals": _signal_rows(counts, calendar, chart),
        "withdrawal_funnel": _funnel_rows(counts, calendar, funnel) if funnel else [],
    }


def latest_delivery(
    connection: duckdb.DuckDBPyConnection, latest_month: str
) -> dt.date:
    """The day outcomes are known to: the latest delivery's, where its name is a date.

    Otherwise (NIBRS: a state-year) the end of the latest month.
    """
    row = connection.execute(
        "select coalesce(max(try_cast(delivery as date)), "
        "cast(cast(? as date) + interval 1 month as date)) from quality.deliveries",
        [latest_month],
    ).fetchone()
    assert row is not None
    found: dt.date = row[0]
    return found


def describe(signals: Sequence[Mapping[str, Any]]) -> str:
    """One line on the result, for a log or a summary."""
    current = [signal for signal in signals if signal["is_current"]]
    series = {(signal["crime_area"], signal["bcu"]) for signal in current}
    return (
        f"withdrawal monitor: {len(signals)} signals, {len(current)} of them current "
        f"in {len(series)} series"
    )


@functools.cache
def monitor_tables() -> dict[str, Table]:
    """The tables by name, as `monitor_tables.yml` has them."""
    return Table.read(TABLES_FILE)


def write_tables(settings: RunSettings, rows: Mapping[str, Rows]) -> None:
    """Replace the rows of the published tables."""
    tables = {f"{SCHEMA}.{name}": table for name, table in monitor_tables().items()}
    with next_version(settings, list(tables)) as connection:
        for name, table in tables.items():
            connection.execute(f"drop table if exists {name}").fetchall()
            create_table(connection, name, table.columns)
            found = rows[name.removeprefix(f"{SCHEMA}.")]
            insert_rows(connection, name, table.columns, found)


def _monitor_rows(counts: AreaCounts, calendar: Calendar, chart: Chart) -> Rows:
    marks: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for one in chart.signals:
        for month in range(one.found.first, one.found.last + 1):
            if not chart.is_too_small[one.bcu, month]:
                marks.setdefault((one.bcu, month), []).append(
                    (one.found.rule, one.found.first)
                )
    rows = []
    for bcu, month in np.ndindex(counts.cases.shape):
        cases, withdrawals = counts.cases[bcu, month], counts.withdrawals[bcu, month]
        expected = chart.expected[bcu, month]
        is_small = bool(chart.is_too_small[bcu, month])
        signals = marks.get((bcu, month), [])
        rows.append(
            {
                "month": calendar.months[month],
                "crime_area": counts.crime_area,
                "bcu": counts.bcus[bcu],
                "cases": int(cases),
                "withdrawals": int(withdrawals),
                "cases_key": int(counts.cases_key[bcu, month]),
                "withdrawals_key": int(counts.withdrawals_key[bcu, month]),
                "withdrawal_rate": None if is_small else withdrawals / cases,
                "expected_withdrawals": float(expected),
                "expected_rate": float(expected / cases) if cases else None,
                "expected_by": counts.expected_by,
                "ratio": None if is_small else withdrawals / expected,
                "seasonal_index": float(chart.season[month]),
                "centre_line": _or_none(chart.centre[bcu, month]),
                "lower_limit": _or_none(chart.lower[bcu, month]),
                "upper_limit": _or_none(chart.upper[bcu, month]),
                "z": _or_none(chart.z[bcu, month]),
                "sigma_z": float(chart.sigma_z[bcu, 0]),
                "limit_sigmas": float(chart.sigmas[bcu]),
                "is_baseline": bool(calendar.is_baseline[month]),
                "is_too_small": is_small,
                "is_maturing": not calendar.is_mature[month],
                "is_seasonally_adjusted": calendar.is_seasonal,
                "signals": ", ".join(dict.fromkeys(rule for rule, _ in signals))
                or None,
                "signal_since": calendar.months[min(first for _, first in signals)]
                if signals
                else None,
            }
        )
    return rows


def _signal_rows(counts: AreaCounts, calendar: Calendar, chart: Chart) -> Rows:
    return [
        {
            "crime_area": counts.crime_area,
            "bcu": counts.bcus[one.bcu],
            "rule": one.found.rule,
            "direction": one.found.direction,
            "started_on": calendar.months[one.found.first],
            "latest_month": calendar.months[one.found.last],
            "months": one.months,
            "excess_withdrawals": one.excess_withdrawals,
            "is_current": one.is_current,
        }
        for one in chart.signals
    ]


def _funnel_rows(counts: AreaCounts, calendar: Calendar, funnel: Funnel) -> Rows:
    rows = []
    for number, bcu in enumerate(counts.bcus[1:]):
        cases, withdrawals = funnel.cases[number], funnel.withdrawals[number]
        expected, is_small = funnel.expected[number], bool(funnel.is_too_small[number])
        if cases == 0:
            continue
        rows.append(
            {
                "crime_area": counts.crime_area,
                "bcu": bcu,
                "first_month": calendar.months[funnel.first],
                "latest_month": calendar.months[funnel.last],
                "cases": int(cases),
                "withdrawals": int(withdrawals),
                "cases_key": int(funnel.cases_key[number]),
                "withdrawals_key": int(funnel.withdrawals_key[number]),
                "withdrawal_rate": None if is_small else withdrawals / cases,
                "expected_withdrawals": float(expected),
                "expected_rate": float(expected / cases),
                "expected_by": counts.expected_by,
                "ratio": None if is_small else withdrawals / expected,
                "adjusted_rate": _or_none(funnel.adjusted_rate[number]),
                "area_rate": funnel.target,
                "z": _or_none(funnel.z[number]),
                "phi": funnel.phi,
                "tau": funnel.tau,
                "funnel_low_95": _or_none(funnel.inner[0][number]),
                "funnel_high_95": _or_none(funnel.inner[1][number]),
                "funnel_low_998": _or_none(funnel.outer[0][number]),
                "funnel_high_998": _or_none(funnel.outer[1][number]),
                "position": _position(funnel, number),
                "is_too_small": is_small,
            }
        )
    return rows


def _position(funnel: Funnel, number: int) -> str | None:
    rate = funnel.adjusted_rate[number]
    if np.isnan(rate):
        return None
    for (low, high), named in ((funnel.outer, "99.8%"), (funnel.inner, "95%")):
        if rate > high[number]:
            return f"above {named}"
        if rate < low[number]:
            return f"below {named}"
    return "inside"


def _or_none(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
