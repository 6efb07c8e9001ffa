"""How soon after recording victims withdrew."""

from __future__ import annotations

import csv

import pandas as pd

from linkage.settings import PROJECT
from report.site import sentences
from report.site.figures import (
    Choice,
    Column,
    Figure,
    Page,
    Section,
    percent,
    records,
    rows_of,
)
from report.site.inputs import ALL_CRIME, RATES, TIMING, SiteInputs
from report.site.marks import with_interval

# The latest day of a band, in words; the last band has none.
WORDS = {
    0: "the same day",
    7: "a week",
    27: "4 weeks",
    83: "12 weeks",
    182: "26 weeks",
    365: "a year",
}
EARLY_DAYS = {27: "early", 83: "in_12_weeks"}


def timing(inputs: SiteInputs) -> Page | None:
    """The page of timing; None without its table."""
    if not inputs.has(RATES, TIMING):
        return None
    rows = bands_of(inputs)
    return Page(
        "timing",
        "Timing",
        "How long investigations lasted that ended because the victim withdrew. It is "
        "when the case was closed, not when the victim decided.",
        [
            Section("Days to withdrawal", figures=[_curve(inputs, rows)]),
            Section("Bands", figures=[_bands(inputs, rows)]),
            Section("Early or late", figures=[_early(inputs, rows)]),
            Section(
                "Who withdraws early",
                [
                    "Models 19 to 28 on the page Drivers say what goes with "
                    "withdrawing within 4, or 12, weeks rather than later."
                ],
            ),
        ],
        [Choice.of("area", "Crime area", inputs.areas, ALL_CRIME)],
    )


def bands_of(inputs: SiteInputs) -> pd.DataFrame:
    """Withdrawals by duration in order, with `days` (the latest) and `cumulative`.

    `so_far` is the withdrawals up to the end of the band: the bands up to it, or all
    less the bands after it; null where either holds a count that is confidential.
    """
    latest = _latest_days()
    rows = inputs.table(TIMING)
    totals = inputs.dimension("all").set_index("crime_area")["withdrawals"]
    rows = rows.assign(
        area=rows["crime_area"],
        days=rows["duration_band"].map(latest),
        all_withdrawals=rows["crime_area"].map(totals),
    )
    place = {area: at for at, area in enumerate(inputs.areas)}
    rows = rows.assign(at=rows["crime_area"].map(place))
    rows = rows.sort_values(["at", "days"], na_position="last", ignore_index=True)
    counts = rows["withdrawals"].astype(float)
    by_area = counts.groupby(rows["area"])
    so_far = by_area.transform(lambda one: one.cumsum(skipna=False))
    later = by_area.transform(lambda one: one[::-1].cumsum(skipna=False)) - counts
    less_later = (rows["all_withdrawals"].astype(float) - later).clip(lower=0)
    rows["so_far"] = so_far.fillna(less_later).where(rows["days"].notna())
    share = rows["so_far"] / rows["all_withdrawals"].astype(float)
    # Of rounded counts a sum may be more than the whole.
    rows["cumulative"] = share.clip(upper=1).round(3)
    rows["days_in_words"] = [WORDS.get(one, "any time") for one in rows["days"]]
    return rows


def _latest_days() -> dict[str, int]:
    path = PROJECT / "seeds" / "duration_bands.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return {
            row["duration_band"]: int(row["max_days"]) for row in csv.DictReader(stream)
        }


def _curve(inputs: SiteInputs, rows: pd.DataFrame) -> Figure:
    known = rows[rows["days"].isin([*WORDS])]
    known = known.assign(days=known["days"].astype(int))
    columns = [
        Column("area", "Crime area"),
        Column("days_in_words", "Within"),
        Column("days", "Days"),
        Column("cumulative", "Share of withdrawals", "percent"),
    ]
    return Figure(
        "curve",
        "Share of withdrawals closed within so many days",
        "curve",
        columns,
        rows_of(known, columns),
        {
            area: sentences.curve(area, known[known["area"] == area])
            for area in inputs.areas
        },
        by=("area",),
        options={"compared": ALL_CRIME},
        note="A dash: counts of bands are confidential. Withdrawals "
        "without a known duration count as not closed.",
    )


def _bands(inputs: SiteInputs, rows: pd.DataFrame) -> Figure:
    columns = [
        Column("area", "Crime area"),
        Column("duration_band", "Duration"),
        Column("withdrawals", "Withdrawals", "count"),
        Column("share", "Share", "percent"),
    ]
    parts = list(_latest_days())
    every = rows[rows["duration_band"].isin([*parts, "Unknown"])]
    total = rows[(rows["area"] == ALL_CRIME) & rows["share"].notna()]
    return Figure(
        "bands",
        "Withdrawals by duration of the investigation",
        "stack",
        columns,
        rows_of(every, columns),
        {"": _largest(total)},
        options={
            "category": "area",
            "part": "duration_band",
            "parts": [*parts, "Unknown"],
            "share": "share",
            "ordered": True,
            "mark_by": "area",
        },
        note="Confidential bands leave a gap in the bar.",
    )


def _largest(rows: pd.DataFrame) -> str:
    if rows.empty:
        return sentences.NOTHING
    most = records(rows.sort_values("share", kind="stable"))[-1]
    return (
        f"All crime: most withdrawals ({percent(most['share'])}) came "
        f"“{most['duration_band'].lower()}” after recording."
    )


def _early(inputs: SiteInputs, rows: pd.DataFrame) -> Figure:
    found = inputs.dimension("all")[["crime_area", "withdrawals"]]
    for days, name in EARLY_DAYS.items():
        so_far = rows[rows["days"] == days].set_index("area")["so_far"]
        found = found.assign(part=found["crime_area"].map(so_far))
        found = with_interval(found, "part", "withdrawals", name)
    found = found.sort_values("early", ascending=False, na_position="last")
    columns = [
        Column("crime_area", "Crime area"),
        Column("withdrawals", "Withdrawals", "count"),
        Column("early", "Within 4 weeks", "percent"),
        Column("early_low", "95% from", "percent"),
        Column("early_high", "95% to", "percent"),
        Column("in_12_weeks", "Within 12 weeks", "percent"),
        Column("in_12_weeks_low", "95% from ", "percent"),
        Column("in_12_weeks_high", "95% to ", "percent"),
    ]
    return Figure(
        "early",
        "Share of withdrawals closed within 4 weeks, with 95% interval",
        "rates",
        columns,
        rows_of(found, columns),
        {"": sentences.early(found)},
        options={
            "category": "crime_area",
            "rate": "early",
            "low": "early_low",
            "high": "early_high",
            "axis": "Share of withdrawals, with 95% interval",
            "mark_by": "area",
        },
        note="A dash: fewer than 100 withdrawals, or a count that is confidential.",
    )
