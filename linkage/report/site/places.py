"""Crime area by place, the map, and the funnel."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from linkage.oversight.chart import INNER, OUTER, Calendar, draw_funnel
from linkage.oversight.expected import ALL_BCUS, OWN_RATE, AreaCounts
from linkage.oversight.limits import binomial_limits
from linkage.oversight.settings import MonitorSettings, read_settings
from linkage.report.site import sentences
from linkage.report.site.figures import Choice, Column, Figure, Page, Section, rows_of
from linkage.report.site.inputs import ALL_CRIME, RATES, SiteInputs, tiles
from linkage.report.site.overview import NO_RATE, RATE_COLUMNS

MARK = Column("significance", "Against the rest")
# Points of a funnel's limits.
POINTS = 40
UNPLACED = "Unknown"


def places(inputs: SiteInputs) -> Page | None:
    """The page of places; None without rates."""
    if not inputs.has(RATES):
        return None
    bcus = sorted(set(inputs.dimension("bcu")["category"]) - {UNPLACED})
    sections = [
        Section("Crime area by place", figures=[_grid(inputs, bcus)]),
        Section("One crime area", figures=[_bars(inputs, bcus)]),
    ]
    drawn = _map(inputs)
    filters = [
        Choice.of("area", "Crime area", inputs.areas, ALL_CRIME),
        Choice(
            "bcu", inputs.unit, [("all", "All"), *((one, one) for one in bcus)], "all"
        ),
    ]
    if drawn is not None:
        sections.insert(1, Section("Map", figures=[drawn]))
        levels = [("borough", "Boroughs"), ("bcu", "BCUs")]
        filters.append(Choice("level", "Map of", levels, "borough"))
    sections.append(Section("Funnel", figures=[_funnel(inputs)]))
    return Page(
        "places",
        "Places",
        "Where victims withdraw more, or less, than elsewhere.",
        sections,
        filters,
    )


def _grid(inputs: SiteInputs, bcus: list[str]) -> Figure:
    rows = inputs.dimension("bcu")
    rows = rows[rows["category"].isin(bcus)]
    place = {area: at for at, area in enumerate(inputs.areas)}
    rows = rows.assign(at=rows["crime_area"].map(place)).sort_values(["at", "category"])
    columns = [
        Column("crime_area", "Crime area"),
        Column("category", inputs.unit),
        *RATE_COLUMNS,
        MARK,
    ]
    return Figure(
        "places",
        f"Withdrawal rate by crime area and {inputs.unit}",
        "grid",
        columns,
        rows_of(rows, columns),
        {"": sentences.table_of_places(rows)},
        options={
            "x": "category",
            "y": "crime_area",
            "xs": bcus,
            "ys": inputs.areas,
            "value": "withdrawal_rate",
            "mark": "significance",
            "mark_x": "bcu",
            "mark_y": "area",
        },
        note="Higher and lower: than all other cases of the crime area, at 99%, worked "
        f"out from rounded counts. {NO_RATE}",
    )


def _map(inputs: SiteInputs) -> Figure | None:
    """The tile map, where the places are London's boroughs."""
    layout = pd.DataFrame(tiles())
    rates = inputs.dimension("borough")
    rows = rates[rates["category"].isin(layout["borough"])]
    if rows.empty:
        return None
    place = {area: at for at, area in enumerate(inputs.areas)}
    bcu_rates = inputs.dimension("bcu").set_index(["crime_area", "category"])
    rows = rows.assign(
        bcu=rows["category"].map(dict(inputs.bcus)).fillna(UNPLACED),
        at=rows["crime_area"].map(place),
    ).merge(layout, left_on="category", right_on="borough")
    keys = pd.MultiIndex.from_frame(rows[["crime_area", "bcu"]])
    rows = rows.assign(
        bcu_rate=bcu_rates["withdrawal_rate"].reindex(keys).to_numpy(),
        area=rows["crime_area"],
        column=rows["column"].astype(int),
        row=rows["row"].astype(int),
    ).sort_values(["at", "category"])
    columns = [
        Column("area", "Crime area"),
        Column("category", "Borough"),
        Column("bcu", "BCU"),
        *RATE_COLUMNS,
        MARK,
        Column("bcu_rate", "Rate of the BCU", "percent"),
        Column("short", ""),
        Column("column", ""),
        Column("row", ""),
    ]
    return Figure(
        "map",
        "London by borough",
        "tiles",
        columns,
        rows_of(rows, columns),
        {
            area: sentences.marked(area, "borough", rows[rows["crime_area"] == area])
            for area in inputs.areas
        },
        by=("area",),
        options={"mark_by": "bcu"},
        note="A tile for each borough, laid out by hand for this project: near where "
        f"it is, of one size. Air is Heathrow. {NO_RATE}",
    )


def _bars(inputs: SiteInputs, bcus: list[str]) -> Figure:
    rows = inputs.dimension("bcu")
    rows = rows[rows["category"].isin(bcus)]
    rows = rows.assign(area=rows["crime_area"])
    place = {area: at for at, area in enumerate(inputs.areas)}
    rows = rows.assign(at=rows["crime_area"].map(place)).sort_values(
        ["at", "withdrawal_rate"], ascending=[True, False], na_position="last"
    )
    columns = [
        Column("area", "Crime area"),
        Column("category", inputs.unit),
        *RATE_COLUMNS,
        MARK,
    ]
    return Figure(
        "bcus",
        f"Withdrawal rate by {inputs.unit}, with 95% interval",
        "rates",
        columns,
        rows_of(rows, columns),
        {
            area: sentences.marked(area, inputs.unit, rows[rows["crime_area"] == area])
            for area in inputs.areas
        },
        by=("area",),
        options={
            "category": "category",
            "mark": "significance",
            "lines": inputs.area_rates,
            "mark_by": "bcu",
        },
        note=NO_RATE,
    )


def _funnel(inputs: SiteInputs) -> Figure:
    settings = read_settings()
    rows, sentences_by_area, curves = [], {}, {}
    for area in inputs.areas:
        rates = inputs.dimension("bcu", area)
        found, curve, target = funnel_of(rates, settings)
        rows.append(found.assign(area=area))
        curves[area] = {"points": curve, "target": target}
        places = int((rates["category"] != UNPLACED).sum())
        sentences_by_area[area] = sentences.funnel(
            area, target, found, places, inputs.unit
        )
    columns = [
        Column("area", "Crime area"),
        Column("category", inputs.unit),
        Column("cases", "Cases", "count"),
        Column("withdrawals", "Withdrawals", "count"),
        Column("withdrawal_rate", "Rate", "percent"),
        Column("low_95", "95% low", "percent"),
        Column("high_95", "95% high", "percent"),
        Column("low_998", "99.8% low", "percent"),
        Column("high_998", "99.8% high", "percent"),
        Column("position", "Position"),
    ]
    return Figure(
        "funnel",
        "Funnel: rate against number of cases",
        "funnel",
        columns,
        rows_of(pd.concat(rows), columns),
        sentences_by_area,
        by=("area",),
        options={"by_key": curves, "mark_by": "bcu"},
        note="Limits allow for how much places differ anyway (Spiegelhalter 2005). All "
        "months, rounded counts, no adjustment for case mix: the adjusted funnel of "
        "the latest months stays inside, in marts.withdrawal_funnel.",
    )


def funnel_of(
    rates: pd.DataFrame, settings: MonitorSettings
) -> tuple[pd.DataFrame, list[list[float]], float | None]:
    """The monitor's funnel on rounded counts: places, limits by cases, and the middle.

    `rates` are places of one crime area. Limits by cases are rows of cases and the
    four limits, and hold only values of the table.
    """
    known = rates[rates["withdrawal_rate"].notna() & (rates["category"] != UNPLACED)]
    empty = known.assign(
        position=None, low_95=np.nan, high_95=np.nan, low_998=np.nan, high_998=np.nan
    )
    if len(known) < settings.minimum_bcus:
        return empty, [], None
    counts = own_counts(
        known["cases"].to_numpy(dtype=float)[:, np.newaxis],
        known["withdrawals"].to_numpy(dtype=float)[:, np.newaxis],
        tuple(known["category"]),
    )
    once = np.array([True])
    funnel = draw_funnel(counts, Calendar((dt.date.min,), once, once, False), settings)
    if funnel is None:
        return empty, [], None
    limits = [*funnel.inner, *funnel.outer]
    names = ["low_95", "high_95", "low_998", "high_998"]
    found = known.assign(
        **{name: np.round(one, 3) for name, one in zip(names, limits, strict=True)}
    )
    found["position"] = [_position(row) for row in found.to_dict("records")]
    sizes = np.linspace(funnel.cases.min() * 0.8, funnel.cases.max() * 1.05, POINTS)
    target = np.full(POINTS, funnel.target)
    variance = target * (1 - target) / sizes + funnel.tau**2
    curves = [
        one for z in (INNER, OUTER) for one in binomial_limits(target, variance, z)
    ]
    rows = np.column_stack([np.round(sizes), *(np.round(one, 4) for one in curves)])
    return found, [[float(one) for one in row] for row in rows], round(funnel.target, 3)


def _position(row: dict[Any, Any]) -> str | None:
    """As in `marts.withdrawal_funnel`."""
    rate = row["withdrawal_rate"]
    if pd.isna(row["low_95"]):
        return None
    for share, low, high in (
        ("99.8%", "low_998", "high_998"),
        ("95%", "low_95", "high_95"),
    ):
        if rate > row[high]:
            return f"above {share}"
        if rate < row[low]:
            return f"below {share}"
    return "inside"


def own_counts(cases: Any, withdrawals: Any, places: tuple[str, ...]) -> AreaCounts:
    """Rounded counts (places, months) for the monitor, against their own rate.

    A count that is confidential is 0 cases, which the monitor passes over.
    """
    cases, withdrawals = (
        np.vstack([one.sum(axis=0), one]) for one in (cases, withdrawals)
    )
    rate = withdrawals[0].sum() / max(cases[0].sum(), 1)
    return AreaCounts(
        crime_area="",
        expected_by=OWN_RATE,
        bcus=(ALL_BCUS, *places),
        cases=cases,
        withdrawals=withdrawals,
        expected=cases * rate,
        variance=cases * rate * (1 - rate),
    )
