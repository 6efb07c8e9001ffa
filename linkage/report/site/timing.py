"""Time from recording to withdrawal."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from linkage.base.intervals import wilson
from linkage.base.seeds import seed_rows
from linkage.report.ranks import (
    MOST_HIDDEN,
    Ranked,
    has_share,
    highest,
    least_of,
    most_of,
    named,
    shown_of,
)
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
from linkage.report.site.inputs import ALL_CRIME, MODELS, RATES, TIMING, SiteInputs
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
    """Links to the driver models of early against late withdrawal, if any."""
    names = [
        one["model"]
        for one in inputs.rows(MODELS)
        if one["dependent"] in EARLY_OUTCOMES
    ]
    if not names:
        return []
    links = [
        Markup('<a href="model-{0}.html">{0}</a>').format(one)
        for one in sorted(names, key=model_order)
    ]
    html = Markup(
        "<p>What goes with withdrawing within 4, or 12, weeks rather than later is in "
        "the driver models {}.</p>"
    ).format(Markup(sentences.listed(links)))
    return [Section("Who withdraws early", html=html)]


def bands_of(inputs: SiteInputs) -> pd.DataFrame:
    """Withdrawals by duration in order, with `days` (the latest) and `cumulative`.

    `so_far` is the withdrawals up to the end of the band: the bands up to it, or all
    less the bands after it; null where both lack a count, and where it would be all
    though a later band may have some. `least` and `most` bound `cumulative`, the share
    of all, for every true count.
    """
    rows = inputs.table(TIMING)
    totals = inputs.dimension("all").set_index("crime_area")["withdrawals"]
    rows = rows.assign(
        area=rows["crime_area"],
        days=rows["duration_band"].map(_latest_days()),
        at=rows["crime_area"].map(inputs.area_order),
    ).sort_values(["at", "days"], na_position="last", ignore_index=True)
    area, counts = rows["area"], rows["withdrawals"].astype(float)
    everyone = area.map(totals).astype(float)
    low, high = least_of(counts).fillna(0), most_of(counts).fillna(MOST_HIDDEN)
    so_far = _from_the_start(counts, area).fillna(
        (everyone - _after(counts, area)).clip(lower=0)
    )
    is_last = _after(counts.fillna(1), area) == 0
    # A sum of rounded counts may reach the whole, or more, before the last band.
    is_shown = rows["days"].notna() & (is_last | (so_far < everyone))
    so_far = so_far.where(~is_last, everyone).where(is_shown)
    least = _from_the_start(low, area) / most_of(everyone)
    most = _from_the_start(high, area) / least_of(everyone)
    share = (so_far / everyone).groupby(area).cummax().round(3)
    return rows.assign(
        all_withdrawals=everyone,
        so_far=so_far,
        least=least.where(is_shown),
        most=most.clip(upper=1).where(is_shown),
        cumulative=share.where(is_last, share.clip(upper=ALMOST_ALL)),
        days_in_words=[WORDS.get(one, "any time") for one in rows["days"]],
    )


def _from_the_start(counts: pd.Series[float], area: pd.Series[str]) -> Any:
    return counts.groupby(area).transform(lambda one: one.cumsum(skipna=False))


def _after(counts: pd.Series[float], area: pd.Series[str]) -> Any:
    """The sum of the later bands."""
    return _from_the_start(counts[::-1], area[::-1])[::-1] - counts


def _share_of(rows: pd.DataFrame, part: str, whole: str, name: str) -> pd.DataFrame:
    """The share of two counts as `name`, with `<name>_low` and `<name>_high` (95%)."""
    of, over = rows[part].astype(float), rows[whole].astype(float)
    share = (of / over).where(has_share(of, over))
    low, high = wilson(share, over)
    return rows.assign(
        **{
            name: share.round(3),
            f"{name}_low": low.round(3),
            f"{name}_high": high.round(3),
        }
    )


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
        note="A dash: counts of bands are fewer than 10, or rounded ones leave nothing "
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
        {"": _largest(total)},
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


def _largest(rows: pd.DataFrame) -> str:
    """The commonest duration of all crime, of those shown."""
    known = [
        Ranked(
            f"“{row['duration_band'].lower()}”",
            row["withdrawals"],
            least_of(row["withdrawals"]),
            most_of(row["withdrawals"]),
            percent(row["share"]),
        )
        for row in records(rows[rows["share"].notna()])
    ]
    if not known:
        return sentences.NOTHING
    of = shown_of(len(known), len(rows) - len(known), "duration", "durations")
    return f"All crime: {of}, the commonest is {named(highest(known))}."


def _early(inputs: SiteInputs, rows: pd.DataFrame) -> Figure:
    found = inputs.dimension("all")[["crime_area", "withdrawals", "fewer_than_10"]]
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
        found = _share_of(found, "part", "withdrawals", name)
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
        note="A dash: fewer than 100 withdrawals, or fewer than 10 within or after "
        "that time.",
    )
