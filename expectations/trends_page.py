"""Pages next to the results: every gap over the deliveries, and records to correct."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from pathlib import Path
from typing import Any

from expectations.gap_results import BEYOND, GapResult
from expectations.settings import DIMENSIONS, SEVERITIES, Suite
from linkage.base.percentages import exact_percent, percent
from linkage.extracts.layouts import LAYOUTS

# Of every source, in the order of its contract; a source has only its own scores.
EXTRACTS = dict.fromkeys(x for one in LAYOUTS.values() for x in one.extracts)
SCORES = (
    "select delivery, extract, dimension, score, gaps_beyond_tolerance, gaps "
    "from quality.scorecard"
)
EXCEPTIONS = (
    "select gap, bcu, count(distinct crime_ref) from quality.exceptions "
    "group by gap, bcu"
)
HEIGHT, WIDTH = 28, 100
Rows = Sequence[tuple[Any, ...]]


def write_trends(
    site: Path,
    suites: Sequence[Suite],
    results: Sequence[GapResult],
    scores: Rows,
    exceptions: Rows,
    *,
    is_simulated: bool,
) -> None:
    """Write `trends.html` and `exceptions.html` into the Data Docs, worst first.

    `scores` are rows of SCORES, `exceptions` of EXCEPTIONS.
    """
    from expectations.pages import render

    deliveries = sorted({one.delivery for one in results})
    gaps = [_gap(own) for own in _by_gap(results)]
    gaps.sort(key=lambda one: (SEVERITIES.index(one["severity"]), -one["nearness"]))
    latest = deliveries[-1] if deliveries else None
    trends = render(
        "trends",
        up="",
        is_simulated=is_simulated,
        deliveries=deliveries,
        dimensions=DIMENSIONS,
        beyond=[one for one in gaps if one["is_beyond"]],
        earlier=_earlier(results, latest),
        scorecard=_scorecard(scores, latest),
        suites=[
            {
                "name": suite.suite,
                "description": suite.description,
                "gaps": [
                    one
                    for one in gaps
                    if one["suite"] == suite.suite and not one["is_beyond"]
                ],
            }
            for suite in suites
        ],
    )
    (site / "trends.html").write_text(trends, encoding="utf-8")
    page = render(
        "exceptions",
        up="",
        is_simulated=is_simulated,
        gaps=list(_exceptions(gaps, exceptions)),
    )
    (site / "exceptions.html").write_text(page, encoding="utf-8")


def _by_gap(results: Sequence[GapResult]) -> list[list[GapResult]]:
    """The results of each gap, in the order of the deliveries."""
    gaps: dict[str, list[GapResult]] = {}
    for one in sorted(results, key=lambda result: result.delivery):
        gaps.setdefault(one.gap.gap, []).append(one)
    return list(gaps.values())


def _gap(results: list[GapResult]) -> dict[str, Any]:
    from expectations.pages import CONSEQUENCE, nearness

    last, gap = results[-1], results[-1].gap
    shares = [one.share for one in results]
    beyond = list(takewhile(lambda one: one.verdict == BEYOND, reversed(results)))
    top = max([gap.tolerance, *(share or 0 for share in shares)]) or 1
    return {
        "gap": gap.gap,
        "suite": gap.suite,
        "description": gap.description,
        "severity": gap.severity,
        "consequence": CONSEQUENCE[gap.severity],
        "owner": gap.owner,
        "extract": gap.extract or "the extract of the line",
        "field": gap.field,
        "is_listed": gap.listed,
        "failing": f"{last.failing:,}",
        "population": f"{last.population:,}",
        "share": percent(last.share),
        "nearness": nearness(last.share, gap.tolerance),
        "change": "" if last.change is None else f"{last.change * 100:+.1f}",
        "tolerance": exact_percent(gap.tolerance),
        "published": ""
        if gap.published_share is None
        else exact_percent(gap.published_share),
        "is_beyond": last.verdict == BEYOND,
        "verdict": last.verdict,
        "since": beyond[-1].delivery if beyond else "",
        "tolerance_y": _height(gap.tolerance, top),
        "lines": list(_lines(shares, top)),
        "trend": "Share by delivery: " + ", ".join(map(percent, shares)),
    }


def _height(share: float, top: float) -> str:
    return f"{HEIGHT - 2 - (HEIGHT - 4) * share / top:.1f}"


def _lines(shares: Sequence[float | None], top: float) -> Iterator[str]:
    """Points of each run of known shares, from left to right."""
    step = WIDTH / max(len(shares) - 1, 1)
    for is_known, run in groupby(enumerate(shares), lambda one: one[1] is not None):
        if is_known:
            yield " ".join(
                f"{number * step:.1f},{_height(share or 0, top)}"
                for number, share in run
            )


def _earlier(results: Sequence[GapResult], latest: str | None) -> list[dict[str, Any]]:
    """Gaps beyond tolerance before the latest delivery, the gravest first."""
    from expectations.pages import CONSEQUENCE

    beyond = sorted(
        (one for one in results if one.verdict == BEYOND and one.delivery != latest),
        key=lambda one: one.delivery,
        reverse=True,
    )
    beyond.sort(key=lambda one: SEVERITIES.index(one.gap.severity))
    return [
        {
            "gap": one.gap.gap,
            "description": one.gap.description,
            "delivery": one.delivery,
            "failing": f"{one.failing:,}",
            "population": f"{one.population:,}",
            "share": percent(one.share),
            "tolerance": exact_percent(one.gap.tolerance),
            "consequence": CONSEQUENCE[one.gap.severity],
        }
        for one in beyond
    ]


def _scorecard(
    scores: Rows, latest: str | None
) -> list[tuple[str, list[dict[str, Any] | None]]]:
    shown = {
        (extract, dimension): {"share": percent(score), "beyond": beyond, "gaps": gaps}
        for delivery, extract, dimension, score, beyond, gaps in scores
        if delivery == latest
    }
    return [
        (extract, [shown.get((extract, dimension)) for dimension in DIMENSIONS])
        for extract in EXTRACTS
        if any((extract, dimension) in shown for dimension in DIMENSIONS)
    ]


def _exceptions(
    gaps: Sequence[dict[str, Any]], exceptions: Rows
) -> Iterator[dict[str, Any]]:
    """Listed gaps with crime reports to correct, and how many by BCU."""
    for gap in gaps:
        found = sorted(
            ((bcu, reports) for name, bcu, reports in exceptions if name == gap["gap"]),
            key=lambda one: -one[1],
        )
        if found:
            yield {
                **gap,
                "reports": f"{sum(reports for _, reports in found):,}",
                "bcus": [(bcu, f"{reports:,}") for bcu, reports in found],
            }
