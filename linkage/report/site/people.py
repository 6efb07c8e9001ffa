"""Groups of victims and suspects by crime area."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from linkage.base.seeds import seed_rows
from linkage.report.site import sentences
from linkage.report.site.figures import (
    Choice,
    Column,
    Figure,
    Page,
    Section,
    records,
    rows_of,
)
from linkage.report.site.inputs import ALL_CRIME, RATES, SiteInputs, seed_order
from linkage.report.site.overview import NO_RATE, RATE_COLUMNS
from linkage.report.site.places import MARK


def dimensions_of(group: str) -> dict[str, str]:
    """Dimensions of a figure, in its order, and their labels."""
    rows = [row for row in seed_rows("dimensions") if row["site_group"] == group]
    rows.sort(key=lambda row: int(row["site_no"]))
    strands = {"hate_strand": "Hate crime strand"} if group == "circumstances" else {}
    return {row["dimension"]: row["site_label"] for row in rows} | strands


# Bands are shown in their own order, other categories by rate.
BANDS = {
    "victim_age_detail": ("age_bands", "age_detail"),
    "suspect_age_detail": ("age_bands", "age_detail"),
    "delay_to_report": ("delay_bands", "delay_to_report"),
}


def people(inputs: SiteInputs) -> Page | None:
    """The page of victims and suspects; None without rates."""
    if not inputs.has(RATES):
        return None
    figures = [
        _figure(inputs, name, title, who, dimensions_of(name))
        for name, title, who in (
            ("victims", "Withdrawal rate by group of victims", "victims"),
            ("suspects", "Withdrawal rate by group of suspects", "suspects"),
            ("circumstances", "Withdrawal rate by circumstance", "cases"),
        )
    ]
    titles = ("Victims", "Suspects", "Where and how it was reported")
    return Page(
        "people",
        "Victims and suspects",
        "Who withdraws more, or less: one characteristic at a time. What remains when "
        "all are taken together is on the page Drivers.",
        [
            Section(title, figures=[figure])
            for title, figure in zip(titles, figures, strict=True)
        ],
        [Choice.of("area", "Crime area", inputs.areas, ALL_CRIME)],
    )


def _figure(
    inputs: SiteInputs, name: str, title: str, who: str, dimensions: Mapping[str, str]
) -> Figure:
    parts = []
    for at, (dimension, label) in enumerate(dimensions.items()):
        rows = inputs.dimension(dimension)
        parts.append(
            rows.assign(
                group=label,
                at=at,
                order=[
                    _order(dimension, row["category"], row["withdrawal_rate"])
                    for row in records(rows)
                ],
            )
        )
    every = pd.concat(parts)
    every = every.assign(
        area=every["crime_area"], area_at=every["crime_area"].map(inputs.area_order)
    ).sort_values(["area_at", "at", "order", "category"])
    columns = [
        Column("area", "Crime area"),
        Column("group", "Characteristic"),
        Column("category", "Group"),
        *RATE_COLUMNS,
        MARK,
    ]
    return Figure(
        name,
        title,
        "rates",
        columns,
        rows_of(every, columns),
        {
            area: sentences.groups(area, who, every[every["area"] == area])
            for area in inputs.areas
        },
        by=("area",),
        options={
            "category": "category",
            "group": "group",
            "mark": "significance",
            "lines": inputs.area_rates,
        },
        note=f"Higher and lower: than all other cases, at 99%. {NO_RATE}",
    )


def _order(dimension: str, category: str, rate: float) -> float:
    """By band, otherwise by rate; unknown last."""
    if category == "Unknown":
        return 1000.0
    if dimension in BANDS:
        known = seed_order(*BANDS[dimension])
        return float(known.index(category)) if category in known else 999.0
    return 2 - rate if pd.notna(rate) else 900.0
