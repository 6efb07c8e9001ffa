"""Control charts of withdrawal by month, their signals, and how a month matures."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from linkage.report.site import sentences
from linkage.report.site.figures import (
    AND,
    Choice,
    Column,
    Figure,
    Page,
    Section,
    month,
    records,
    rows_of,
)
from linkage.report.site.inputs import ALL_CRIME, MATURITY, MONITOR, SIGNALS, SiteInputs

ALL_BCUS = "All"
RULES = {
    "beyond_3_sigma": "beyond the limits",
    "eight_on_one_side": "eight on one side",
    "trend_of_six": "trend of six",
}


def oversight(inputs: SiteInputs) -> Page | None:
    """The page of control charts; None without the monitor."""
    if not inputs.has(MONITOR, SIGNALS):
        return None
    rows = _monitored(inputs.table(MONITOR))
    signals = _signals(inputs.table(SIGNALS))
    # At least these, where no month has enough cases for a rate.
    areas = [one for one in inputs.areas if one in {ALL_CRIME, *rows["area"]}]
    bcus = [ALL_BCUS, *sorted({*rows["bcu"]} - {ALL_BCUS})]
    periods = _periods(sorted({*rows["month"]}))
    sections = [
        Section(
            "Control chart", figures=[_control(rows, signals, inputs.unit_heading)]
        ),
        Section("Signals", figures=[_listed(signals, inputs.unit_heading)]),
    ]
    filters = [
        Choice.of("area", "Crime area", areas, areas[0]),
        Choice.of("bcu", inputs.unit_heading, bcus, ALL_BCUS),
        Choice("period", "Period", periods, "all"),
    ]
    if inputs.has(MATURITY) and len(inputs.table(MATURITY)):
        maturity = inputs.table(MATURITY).assign(
            recorded=inputs.table(MATURITY)["recorded_month"].str[:7]
        )
        months = sorted(set(maturity["recorded"]))
        sections.append(Section("How a month matures", figures=[_maturity(maturity)]))
        named = [(one, month(one)) for one in months]
        filters.append(Choice("recorded", "Recorded in", named, months[0]))
    sections.append(
        Section(
            "How to read it",
            [
                "A month outside the dashed limits, eight in a row on one side of the "
                "centre line, or six in a row that rise or fall, are unlikely by "
                "chance. A signal says that something changed, not what: recording is "
                "the first suspect.",
                "The expected rate is that of the month's mix of cases by a driver "
                "model; where there is none, the crime area's own rate. The centre "
                "line is the expected rate times the level of the place in the first "
                "months, and the season.",
            ],
        )
    )
    return Page(
        "oversight",
        "Oversight",
        "Is withdrawal changing, where, and since when?",
        sections,
        filters,
    )


def _monitored(rows: pd.DataFrame) -> pd.DataFrame:
    """The months of each crime area and BCU that has a rate in any month."""
    rows = rows.assign(
        area=rows["crime_area"],
        month=rows["month"].str[:7],
        marks=rows["signals"].map(_in_words, na_action="ignore"),
        maturing=rows["is_maturing"].map({True: "yes"}),
    )
    has_rate = rows["withdrawal_rate"].notna().groupby([rows["area"], rows["bcu"]])
    return rows[has_rate.transform("any")].sort_values(["area", "bcu", "month"])


def _in_words(rules: str) -> str:
    return sentences.listed(RULES.get(one, one) for one in rules.split(", "))


def _signals(rows: pd.DataFrame) -> pd.DataFrame:
    """The signals in words, those that go on first."""
    return rows.assign(
        area=rows["crime_area"],
        rule=rows["rule"].map(RULES).fillna(rows["rule"]),
        goes_on=rows["is_current"].map({True: "yes", False: "no"}),
    ).sort_values(
        ["goes_on", "started_on", "area", "bcu"], ascending=[False, False, True, True]
    )


def _periods(months: Sequence[str]) -> list[tuple[str, str]]:
    """All months, and each quarter."""
    quarters = [f"{one[:4]}-Q{(int(one[5:]) - 1) // 3 + 1}" for one in months]
    return [
        ("all", "All months"),
        *((one, f"{one[-2:]} {one[:4]}") for one in dict.fromkeys(quarters)),
    ]


def _control(rows: pd.DataFrame, signals: pd.DataFrame, unit: str) -> Figure:
    columns = [
        Column("area", "Crime area"),
        Column("bcu", unit),
        Column("period", ""),
        Column("month", "Month", "month"),
        Column("cases", "Cases", "count"),
        Column("withdrawals", "Withdrawals", "count"),
        Column("withdrawal_rate", "Rate", "percent"),
        Column("expected_rate", "Expected rate", "percent"),
        Column("centre_line", "Centre line", "percent"),
        Column("lower_limit", "Lower limit", "percent"),
        Column("upper_limit", "Upper limit", "percent"),
        Column("marks", "Signals"),
        Column("maturing", "Still maturing"),
    ]
    stated = {}
    for (area, bcu), own in rows.groupby(["area", "bcu"], sort=False):
        found = signals[(signals["area"] == area) & (signals["bcu"] == bcu)]
        name = str(area) if bcu == ALL_BCUS else f"{area}, {bcu}"
        stated[AND.join([str(area), str(bcu)])] = sentences.control(
            name, own, records(found)
        )
    return Figure(
        "control",
        "Withdrawal rate by month, with control limits",
        "control",
        columns,
        rows_of(rows.assign(period=rows["month"]), columns),
        stated,
        by=("area", "bcu", "period"),
        options={
            "said_of": ["area", "bcu"],
            "unsaid": "No month of this crime area has enough cases there for a rate.",
        },
        note="Still maturing: outcomes are to come, so the month gives no signal. "
        "A dash: fewer than 100 cases for a rate, or too few for limits.",
    )


def _listed(signals: pd.DataFrame, unit: str) -> Figure:
    columns = [
        Column("area", "Crime area"),
        Column("bcu", unit),
        Column("rule", "Rule"),
        Column("direction", "Direction"),
        Column("started_on", "Since", "month"),
        Column("latest_month", "Until", "month"),
        Column("months", "Months", "count"),
        Column("goes_on", "Goes on"),
    ]
    return Figure(
        "signals",
        "Signals",
        "",
        columns,
        rows_of(signals, columns),
        {"": sentences.signals(signals)},
        note="By chance alone each series gives a signal about once in ten years, and "
        "there are many series: look first at those that go on, or are in several "
        "crime areas."
        if len(signals)
        else "",
    )


def _maturity(rows: pd.DataFrame) -> Figure:
    """The rate of a recorded month, as each delivery left it known."""
    columns = [
        Column("recorded", "Recorded in", "month"),
        Column("delivery", "Delivery"),
        Column("months_since", "Months since"),
        Column("cases_and_pending", "Cases and pending", "count"),
        Column("pending", "Pending", "count"),
        Column("withdrawals", "Withdrawals", "count"),
        Column("rate_with_pending", "Rate with pending", "percent"),
        Column("rate_without_pending", "Rate without pending", "percent"),
    ]
    rows = rows.sort_values(["recorded", "delivery"])
    return Figure(
        "maturity",
        "Withdrawal rate of a month by months since it was recorded",
        "maturity",
        columns,
        rows_of(rows, columns),
        {
            str(name): sentences.maturity(str(name), own)
            for name, own in rows.groupby("recorded")
        },
        by=("recorded",),
        note="All crime. Pending: without an outcome yet. With pending a young month "
        "looks low; without, it has the quick outcomes only.",
    )
