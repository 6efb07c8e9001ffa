"""Time from recording to withdrawal."""

from __future__ import annotations

from typing import Any

import pandas as pd

from linkage.base.seeds import seed_rows
from linkage.report.ranks import Ranked, highest, least_of, most_of, named, shown_of
from linkage.report.site import sentences
from linkage.report.site.figures import (
    Choice,
    Column,
    Figure,
    Page,
    Section,
    percent,
    records,
    rows_of,
)
from linkage.report.site.inputs import ALL_CRIME, RATES, TIMING, SiteInputs
from linkage.report.site.marks import with_interval
from linkage.report.site.overview import STACKED
from ml.specification import model_order

# The latest day of a band, in words; the last band has none.
WORDS = {
    0: "the same day",
    7: "a week",
    27: "4 weeks",
    83: "12 weeks",
    182: "26 weeks",
    365: "a year",
}
EARLY_OUTCOMES = ("is_completed_within_4_weeks", "is_completed_within_12_weeks")
EARLY_DAYS = {27: "early", 83: "in_12_weeks"}
# The largest share that is shown while later bands have withdrawals.
ALMOST_ALL = 0.999


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
            *_models(inputs),
        ],
        [Choice.of("area", "Crime area", inputs.areas, ALL_CRIME)],
    )


def _models(inputs: SiteInputs) -> list[Section]:
    """Driver models of early against late withdrawal, if any."""
    rows = inputs.models.models if inputs.models else []
    names = [one["model"] for one in rows if one["dependent"] in EARLY_OUTCOMES]
    if not names:
        return []
    text = (
        "What goes with withdrawing within 4, or 12, weeks rather than later is on the "
        f"page Drivers, models {sentences.listed(sorted(names, key=model_order))}."
    )
    return [Section("Who withdraws early", [text])]


def bands_of(inputs: SiteInputs) -> pd.DataFrame:
    """Withdrawals by duration in order, with `days` (the latest) and `cumulative`.

    `so_far` is the withdrawals up to the end of the band: the bands up to it, or all
    less the bands after it; null where either holds a count that is confidential, and
    where it would be all though a later band may have some. `least` and `most` bound
    `cumulative`, the share of all, before rounding.
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
    base, area = inputs.release.rules.base, rows["area"]
    counts, everyone = (
        rows[name].astype(float) for name in ("withdrawals", "all_withdrawals")
    )
    low, high = (pd.Series(one(counts, base)) for one in (least_of, most_of))
    after = _from_the_end(counts, area)
    so_far = _from_the_start(counts, area).fillna((everyone - after).clip(lower=0))
    is_last = _from_the_end((counts.isna() | (counts > 0)).astype(float), area) == 0
    # A sum of rounded counts may reach the whole, or more, before the last band.
    is_shown = rows["days"].notna() & (is_last | (so_far < everyone))
    rows["so_far"] = so_far.where(~is_last, everyone).where(is_shown)
    least = _from_the_start(low, area).fillna(
        least_of(everyone, base) - _from_the_end(high, area)
    )
    most = _from_the_start(high, area).fillna(
        most_of(everyone, base) - _from_the_end(low, area)
    )
    rows["least"] = (least / most_of(everyone, base)).clip(lower=0).where(is_shown)
    rows["most"] = (most / least_of(everyone, base)).clip(upper=1).where(is_shown)
    share = (rows["so_far"] / everyone).groupby(area).cummax().round(3)
    rows["cumulative"] = share.where(is_last, share.clip(upper=ALMOST_ALL))
    rows["days_in_words"] = [WORDS.get(one, "any time") for one in rows["days"]]
    return rows


def _from_the_start(counts: pd.Series[float], area: pd.Series[str]) -> Any:
    return counts.groupby(area).transform(lambda one: one.cumsum(skipna=False))


def _from_the_end(counts: pd.Series[float], area: pd.Series[str]) -> Any:
    """The row after each row."""
    return _from_the_start(counts[::-1], area[::-1])[::-1] - counts


def _latest_days() -> dict[str, int]:
    return {
        row["duration_band"]: int(row["max_days"])
        for row in seed_rows("duration_bands")
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
        note="A dash: counts of bands are confidential, or rounded ones leave nothing "
        "for the bands to come. Withdrawals without a known duration count as not "
        "closed.",
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
    total = every[every["area"] == ALL_CRIME]
    return Figure(
        "bands",
        "Withdrawals by duration of the investigation",
        "stack",
        columns,
        rows_of(every, columns),
        {"": _largest(total, inputs.release.rules.base)},
        options={
            "category": "area",
            "part": "duration_band",
            "parts": [*parts, "Unknown"],
            "share": "share",
            "ordered": True,
            "mark_by": "area",
        },
        note=STACKED,
    )


def _largest(rows: pd.DataFrame, base: int) -> str:
    """The commonest duration of all crime, of those shown."""
    known = [
        Ranked(
            f"“{row['duration_band'].lower()}”",
            row["withdrawals"],
            float(least_of(row["withdrawals"], base)),
            float(most_of(row["withdrawals"], base)),
            percent(row["share"]),
        )
        for row in records(rows[rows["share"].notna()])
    ]
    if not known:
        return sentences.NOTHING
    of = shown_of(len(known), len(rows) - len(known), "duration", "durations")
    return f"All crime: {of}, the commonest is {named(highest(known))}."


def _early(inputs: SiteInputs, rows: pd.DataFrame) -> Figure:
    found = inputs.dimension("all")[["crime_area", "withdrawals"]]
    for days, name in EARLY_DAYS.items():
        by_area = rows[rows["days"] == days].set_index("area")
        found = found.assign(
            **{
                one: found["crime_area"].map(by_area[column])
                for one, column in (
                    ("part", "so_far"),
                    (f"{name}_least", "least"),
                    (f"{name}_most", "most"),
                )
            }
        )
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
        {
            "": sentences.early(
                found[found["crime_area"] != ALL_CRIME].rename(
                    columns={"early_least": "least", "early_most": "most"}
                )
            )
        },
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
