"""Crime area by place, the map, and the funnel."""

from __future__ import annotations

import pandas as pd

from linkage.base.seeds import seed_rows
from linkage.report.site import sentences
from linkage.report.site.figures import Choice, Column, Figure, Page, Section, rows_of
from linkage.report.site.inputs import ALL_CRIME, FUNNEL, RATES, SiteInputs, tiles
from linkage.report.site.overview import NO_RATE, RATE_COLUMNS

MARK = Column("significance", "Against the rest")
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
            "bcu",
            inputs.unit_heading,
            [("all", "All"), *((one, one) for one in bcus)],
            "all",
        ),
    ]
    if drawn is not None:
        sections.insert(1, Section("Map", figures=[drawn]))
        levels = [("borough", "Boroughs"), ("bcu", "BCUs")]
        filters.append(Choice("level", "Map of", levels, "borough"))
    if inputs.has(FUNNEL):
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
    rows = rows.assign(at=rows["crime_area"].map(inputs.area_order)).sort_values(
        ["at", "category"]
    )
    columns = [
        Column("crime_area", "Crime area"),
        Column("category", inputs.unit_heading),
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
        note="Higher and lower: than all other cases of the crime area, at 99%. "
        f"{NO_RATE}",
    )


def _map(inputs: SiteInputs) -> Figure | None:
    """The tile map, where the places are London's boroughs."""
    layout = pd.DataFrame(tiles())
    rates = inputs.dimension("borough")
    rows = rates[rates["category"].isin(layout["borough"])]
    if rows.empty:
        return None
    bcu_of = {row["borough"]: row["bcu"] for row in seed_rows("borough_bcus")}
    bcu_rates = inputs.dimension("bcu").set_index(["crime_area", "category"])
    rows = rows.assign(
        bcu=rows["category"].map(bcu_of).fillna(UNPLACED),
        at=rows["crime_area"].map(inputs.area_order),
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
    rows = rows.assign(at=rows["crime_area"].map(inputs.area_order)).sort_values(
        ["at", "withdrawal_rate"], ascending=[True, False], na_position="last"
    )
    columns = [
        Column("area", "Crime area"),
        Column("category", inputs.unit_heading),
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
    """BCUs against each other, adjusted for case mix, as the monitor has them."""
    rows = inputs.table(FUNNEL)
    rows = rows.assign(area=rows["crime_area"], category=rows["bcu"])
    columns = [
        Column("area", "Crime area"),
        Column("category", inputs.unit_heading),
        Column("cases", "Cases", "count"),
        Column("withdrawals", "Withdrawals", "count"),
        Column("withdrawal_rate", "Rate", "percent"),
        Column("expected_rate", "Expected rate", "percent"),
        Column("adjusted_rate", "Adjusted rate", "percent"),
        Column("area_rate", "Rate of the crime area", "percent"),
        Column("funnel_low_95", "95% low", "percent"),
        Column("funnel_high_95", "95% high", "percent"),
        Column("funnel_low_998", "99.8% low", "percent"),
        Column("funnel_high_998", "99.8% high", "percent"),
        Column("position", "Position"),
    ]
    return Figure(
        "funnel",
        "Funnel: adjusted rate against number of cases",
        "funnel",
        columns,
        rows_of(rows, columns),
        {
            area: sentences.funnel(area, rows[rows["area"] == area], inputs.unit)
            for area in inputs.areas
        },
        by=("area",),
        options={"mark_by": "bcu"},
        note="The latest twelve mature months. The adjusted rate is the crime area's "
        "rate times withdrawals over those expected by the cases' mix; limits allow "
        f"for how much places differ anyway (Spiegelhalter 2005). {NO_RATE}",
    )
