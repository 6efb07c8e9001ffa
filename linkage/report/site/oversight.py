"""Control charts of withdrawal by month, on rounded counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from linkage.oversight.chart import draw_chart, read_calendar
from linkage.oversight.settings import MonitorSettings, read_settings
from linkage.report.site import sentences
from linkage.report.site.figures import (
    AND,
    Choice,
    Column,
    Figure,
    Page,
    Section,
    is_chosen,
    rows_of,
)
from linkage.report.site.inputs import ALL_CRIME, RATES, SiteInputs
from linkage.report.site.places import own_counts
from linkage.report.wording import plural

RULES = {
    "beyond_3_sigma": "beyond the limits",
    "eight_on_one_side": "eight on one side",
    "trend_of_six": "trend of six",
}


def oversight(inputs: SiteInputs) -> Page | None:
    """The page of control charts; None without rates by month."""
    if not inputs.has(RATES) or not inputs.period[0]:
        return None
    settings = read_settings()
    charts = {area: chart_of(inputs, area, settings) for area in inputs.areas}
    charts = {area: found for area, found in charts.items() if len(found[0])}
    months = sorted({one for rows, _ in charts.values() for one in rows["month"]})
    periods = _periods(months)
    return Page(
        "oversight",
        "Oversight",
        "Is withdrawal changing, where, and since when?",
        [
            Section("Control chart", figures=[_control(charts, periods)]),
            Section("Signals", figures=[_signals(charts)]),
            Section(
                "How to read it",
                [
                    "A month outside the dashed limits, eight in a row on one side of "
                    "the centre line, or six in a row that rise or fall, are unlikely "
                    "by chance. A signal says that something changed, not what: "
                    "recording is the first suspect.",
                    "The chart is drawn from rounded counts against the crime area's "
                    "own rate. The monitor that adjusts for case mix and watches each "
                    "BCU is in the warehouse (marts.withdrawal_monitor, "
                    "marts.withdrawal_signals); its figures stay inside, for they give "
                    "exact counts back.",
                ],
            ),
        ],
        [
            Choice.of("area", "Crime area", [*charts], next(iter(charts), ALL_CRIME)),
            Choice("period", "Period", periods, "all"),
        ],
    )


def chart_of(
    inputs: SiteInputs, area: str, settings: MonitorSettings
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """The months of an area with centre line, limits and marks, and its signals."""
    rows = inputs.dimension("month", area)
    rows = rows[rows["category"].str[:4].str.isdigit()].sort_values("category")
    if rows.empty or inputs.latest_delivery is None:
        return rows.assign(month=[]) if rows.empty else _no_limits(rows), []
    months = [f"{one:%Y-%m}" for one in _every_month(inputs.period)]
    rows = rows.set_index("category").reindex(months)
    is_known = rows["withdrawals"].notna() & rows["cases"].notna()
    cases, withdrawals = (
        rows[name].astype(float).where(is_known, 0.0).to_numpy()[np.newaxis]
        for name in ("cases", "withdrawals")
    )
    calendar = read_calendar(
        [f"{one}-01" for one in months],
        inputs.latest_delivery,
        settings.months_to_mature.get(inputs.source, 0),
        settings,
    )
    chart = draw_chart(own_counts(cases, withdrawals, (area,)), calendar, settings)
    signals: list[dict[str, Any]] = [
        {
            "area": area,
            "rule": RULES.get(one.found.rule, one.found.rule.replace("_", " ")),
            "direction": one.found.direction,
            "started_on": months[one.found.first],
            "latest_month": months[one.found.last],
            "months": one.months,
            "is_current": "yes" if one.is_current else "no",
        }
        for one in chart.signals
        if one.bcu == 1
    ]
    marks = [
        sentences.listed(
            one["rule"]
            for one in signals
            if one["started_on"] <= name <= one["latest_month"]
        )
        or None
        for name in months
    ]
    rows = rows.assign(
        month=months,
        area=area,
        centre=np.round(chart.centre[1], 3),
        lower=np.round(chart.lower[1], 3),
        upper=np.round(chart.upper[1], 3),
        signals=pd.Series(marks, index=rows.index, dtype=object),
        maturing=pd.Series(
            [None if one else "yes" for one in calendar.is_mature],
            index=rows.index,
            dtype=object,
        ),
    )
    return rows.reset_index(drop=True), signals


def _no_limits(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(
        month=rows["category"],
        area=rows["crime_area"],
        centre=np.nan,
        lower=np.nan,
        upper=np.nan,
        signals=None,
        maturing=None,
    )


def _every_month(period: tuple[str, str]) -> pd.DatetimeIndex:
    return pd.date_range(f"{period[0]}-01", f"{period[1]}-01", freq="MS")


def _periods(months: Sequence[str]) -> list[tuple[str, str]]:
    """All months, each year, each quarter."""
    quarters = [f"{one[:4]}-Q{(int(one[5:]) - 1) // 3 + 1}" for one in months]
    return [
        ("all", "All months"),
        *((one, f"{one[-2:]} {one[:4]}") for one in dict.fromkeys(quarters)),
    ]


def _control(
    charts: Mapping[str, tuple[pd.DataFrame, list[dict[str, Any]]]],
    periods: Sequence[tuple[str, str]],
) -> Figure:
    columns = [
        Column("area", "Crime area"),
        Column("period", ""),
        Column("month", "Month", "month"),
        Column("cases", "Cases", "count"),
        Column("withdrawals", "Withdrawals", "count"),
        Column("withdrawal_rate", "Rate", "percent"),
        Column("centre", "Centre line", "percent"),
        Column("lower", "Lower limit", "percent"),
        Column("upper", "Upper limit", "percent"),
        Column("signals", "Signals"),
        Column("maturing", "Still maturing"),
    ]
    stated = {}
    for area, (rows, found) in charts.items():
        for period, label in periods:
            own = rows[[is_chosen(one, period) for one in rows["month"]]]
            of_period = [
                one
                for one in found
                if len(own)
                and one["started_on"] <= own["month"].max()
                and one["latest_month"] >= own["month"].min()
            ]
            stated[AND.join([area, period])] = sentences.control(
                area, label.lower() if period == "all" else label, own, of_period
            )
    every = pd.concat([rows for rows, _ in charts.values()])
    return Figure(
        "control",
        "Withdrawal rate by month, with control limits",
        "control",
        columns,
        rows_of(every.assign(period=every["month"]), columns),
        stated,
        by=("area", "period"),
        note="Still maturing: outcomes are to come, so the month gives no signal. "
        "A dash: fewer than 100 cases for a rate, too few for limits, or a count that "
        "is confidential.",
    )


def _signals(
    charts: Mapping[str, tuple[pd.DataFrame, list[dict[str, Any]]]],
) -> Figure:
    found = [one for _, signals in charts.values() for one in signals]
    columns = [
        Column("area", "Crime area"),
        Column("rule", "Rule"),
        Column("direction", "Direction"),
        Column("started_on", "Since", "month"),
        Column("latest_month", "Until", "month"),
        Column("months", "Months"),
        Column("is_current", "Goes on"),
    ]
    rows = pd.DataFrame(found, columns=[column.name for column in columns])
    current = int((rows["is_current"] == "yes").sum())
    text = "The months shown of each crime area give no signal."
    if len(rows):
        where = sorted(set(rows["area"]))
        text = (
            f"{plural(len(rows), 'signal', 'signals')} in "
            f"{plural(len(where), 'crime area', 'crime areas')}, {current or 'none'} "
            "of them up to the latest mature month, in the months that are shown."
        )
    return Figure("signals", "Signals", "", columns, rows_of(rows, columns), {"": text})
