"""Data quality: the scorecard, the gaps, their trend."""

from __future__ import annotations

import pandas as pd

from linkage.report.ranks import with_bounds
from linkage.report.site import sentences
from linkage.report.site.figures import (
    Choice,
    Column,
    Figure,
    Page,
    Section,
    rows_of,
)
from linkage.report.site.inputs import GAPS, SCORECARD, SiteInputs

# Verdicts of the warehouse (macros/quality_gaps.sql), as the table says them.
WITHIN = {
    "within tolerance": "yes",
    "beyond tolerance": "no",
    "too few to tell": "too few to tell",
}


def quality(inputs: SiteInputs) -> Page | None:
    """The page of data quality; None without its tables."""
    if not inputs.has(GAPS, SCORECARD):
        return None
    gaps = inputs.table(GAPS)
    deliveries = sorted(set(gaps["delivery"]))
    if not deliveries:
        return None
    latest = deliveries[-1]
    sections = [
        Section("Scorecard", figures=[_scorecard(inputs, latest)]),
        Section("Gaps", figures=[_gaps(gaps, latest)]),
    ]
    filters = []
    if len(deliveries) > 1:
        shown = gaps[gaps["share"].notna()]
        worst = shown[shown["delivery"] == latest].sort_values(
            "share", ascending=False, kind="stable"
        )
        names = [*dict.fromkeys([*worst["description"], *shown["description"]])]
        sections.append(Section("Trend", figures=[_trend(gaps, names)]))
        filters.append(Choice.of("gap", "Gap", names, names[0]))
    sections.append(Section("Where to look next", _links(), html=_data_docs(inputs)))
    return Page(
        "quality",
        "Data quality",
        "How complete and consistent the deliveries are, and what to correct first.",
        sections,
        filters,
    )


def _scorecard(inputs: SiteInputs, latest: str) -> Figure:
    rows = inputs.table(SCORECARD)
    rows = rows[rows["delivery"] == latest]
    bounds = with_bounds(rows, "failing", "checks")
    rows = rows.assign(
        score=(1 - rows["failing_share"]).round(3),
        least=1 - bounds["most"],
        most=1 - bounds["least"],
    )
    columns = [
        Column("delivery", "Delivery"),
        Column("extract", "Extract"),
        Column("dimension", "Dimension"),
        Column("checks", "Checks", "count"),
        Column("failing", "Failing", "count"),
        Column("score", "Passed", "percent"),
    ]
    return Figure(
        "scorecard",
        "Share of checks passed, by extract and dimension",
        "grid",
        columns,
        rows_of(rows, columns),
        {"": sentences.scorecard(rows)},
        options={
            "x": "dimension",
            "y": "extract",
            "xs": sorted(set(rows["dimension"])),
            "ys": sorted(set(rows["extract"])),
            "value": "score",
            "is_score": True,
        },
        note="A check is one row tested for one gap.",
    )


def _gaps(gaps: pd.DataFrame, latest: str) -> Figure:
    is_checked = gaps["verdict"].ne("nothing to check")
    rows = gaps[(gaps["delivery"] == latest) & is_checked]
    rows = with_bounds(rows, "failing", "population")
    rows = rows.assign(within=rows["verdict"].map(WITHIN))
    rows = rows.sort_values("share", ascending=False, na_position="last", kind="stable")
    columns = [
        Column("description", "Gap"),
        Column("extract", "Extract"),
        Column("dimension", "Dimension"),
        Column("severity", "Severity"),
        Column("owner", "Owner"),
        Column("population", "Of", "count"),
        Column("failing", "Has it", "count"),
        Column("share", "Share", "percent"),
        Column("tolerance", "Tolerated", "percent"),
        Column("published_share", "London study", "percent"),
        Column("within", "Within tolerance"),
    ]
    return Figure(
        "gaps",
        f"Gaps of delivery {latest}, the largest shown first",
        "gaps",
        columns,
        rows_of(rows, columns),
        {"": sentences.gaps(rows)},
        options={"most": 20},
        note="The chart has the 20 largest of those shown; the table all of them. A "
        "gap is beyond tolerance where the 95% interval of its share is. Too few to "
        "tell: the share is larger than tolerated, and its interval is not.",
    )


def _trend(gaps: pd.DataFrame, names: list[str]) -> Figure:
    rows = gaps.assign(gap=gaps["description"]).sort_values(["gap", "delivery"])
    rows = rows[rows["gap"].isin(names)]
    columns = [
        Column("gap", "Gap"),
        Column("delivery", "Delivery"),
        Column("population", "Of", "count"),
        Column("failing", "Has it", "count"),
        Column("share", "Share", "percent"),
        Column("tolerance", "Tolerated", "percent"),
    ]
    return Figure(
        "trend",
        "A gap by delivery",
        "trend",
        columns,
        rows_of(rows, columns),
        {name: sentences.trend(name, rows[rows["gap"] == name]) for name in names},
        by=("gap",),
    )


def _links() -> list[str]:
    return [
        "The crime reports to correct, those of the greatest harm first, are in "
        "quality.exceptions; “linkage exceptions --bcu NAME --out FILE” writes them. "
        "They name single reports, so they are not on this site."
    ]


def _data_docs(inputs: SiteInputs) -> str:
    if not inputs.data_docs:
        return ""
    return (
        f'<p><a href="{inputs.data_docs}/index.html">Data Docs</a> (every expectation '
        f'and its result) and <a href="{inputs.data_docs}/trends.html">trends</a> '
        "are next to the warehouse. They hold exact counts and stay inside.</p>"
    )
