"""A page next to the Data Docs: the scorecard, and every gap over the deliveries."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from expectations.gap_results import BEYOND, TOO_FEW, GapResult
from expectations.settings import DIMENSIONS, SEVERITIES, Suite
from linkage.base.percentages import exact_percent, percent
from linkage.extracts.layouts import LAYOUTS

# Of every source, in the order of its contract; a source has only its own scores.
EXTRACTS = dict.fromkeys(x for one in LAYOUTS.values() for x in one.extracts)
NAME = "trends.html"
SCORES = (
    "select delivery, extract, dimension, score, gaps_beyond_tolerance, gaps "
    "from quality.scorecard"
)
Scores = Sequence[tuple[Any, ...]]
TEMPLATE = "trends_page.html.j2"
BREACHES = "beyond_tolerance.html.j2"


def write_trends_page(
    site: Path,
    scores: Scores,
    suites: Sequence[Suite],
    results: Sequence[GapResult],
    *,
    is_simulated: bool,
) -> None:
    """Write the page into the site, and its head on the site's first page.

    Both begin with every gap beyond its tolerance in any delivery.
    """
    import jinja2

    deliveries = sorted({one.delivery for one in results})
    by_gap = _by_gap(results)
    with _charts(len(deliveries) > 1) as chart:
        content = {
            "is_simulated": is_simulated,
            "deliveries": deliveries,
            "dimensions": DIMENSIONS,
            "breaches": _breaches(site, results),
            "scorecard": _scorecard(scores, deliveries[-1:]),
            "suites": [
                {
                    "name": suite.suite,
                    "description": suite.description,
                    "has_trend": len(deliveries) > 1,
                    "gaps": [
                        _gap(own, chart)
                        for own in by_gap
                        if own[0].gap.suite == suite.suite
                    ],
                }
                for suite in suites
            ],
        }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    page = environment.get_template(TEMPLATE).render(**content)
    (site / NAME).write_text(page, encoding="utf-8")
    breaches = environment.get_template(BREACHES).render(**content)
    _begin_with(breaches, site / "index.html")


def _begin_with(breaches: str, index: Path) -> None:
    link = (
        f'<p style="margin: 1rem; text-align: center"><a href="{NAME}">Scorecard, and '
        "every gap over the deliveries</a></p>"
    )
    text = index.read_text(encoding="utf-8")
    head, header_end, rest = text.rpartition("</nav>")
    index.write_text(f"{head}{header_end}{link}{breaches}{rest}", encoding="utf-8")


def _breaches(site: Path, results: Sequence[GapResult]) -> list[dict[str, str]]:
    """Every gap beyond its tolerance: must-hold gaps, and the latest, first."""
    beyond = sorted(
        (one for one in results if one.verdict == BEYOND),
        key=lambda one: one.delivery,
        reverse=True,
    )
    return [
        {
            "gap": one.gap.gap,
            "severity": one.gap.severity,
            "delivery": one.delivery,
            "failing": f"{one.failing:,}",
            "population": f"{one.population:,}",
            "share": percent(one.share),
            "tolerance": exact_percent(one.gap.tolerance),
            "page": _page_of(site, one),
        }
        for one in sorted(beyond, key=lambda one: SEVERITIES.index(one.gap.severity))
    ]


def _page_of(site: Path, one: GapResult) -> str:
    """Address of the page that shows a suite on a delivery; empty without one."""
    for page in site.glob(
        f"validations/{one.gap.suite}, delivery {one.delivery}*/**/*.html"
    ):
        return quote(page.relative_to(site).as_posix())
    return ""


def _by_gap(results: Sequence[GapResult]) -> list[list[GapResult]]:
    """The results of each gap, in the order of the deliveries."""
    gaps: dict[str, list[GapResult]] = {}
    for one in sorted(results, key=lambda result: result.delivery):
        gaps.setdefault(one.gap.gap, []).append(one)
    return list(gaps.values())


def _gap(results: list[GapResult], chart: Any) -> dict[str, Any]:
    last = results[-1]
    published = last.gap.published_share
    shares = [one.share for one in results]
    return {
        "name": last.gap.gap,
        "description": last.gap.description,
        "severity": last.gap.severity,
        "owner": last.gap.owner,
        "failing": f"{last.failing:,}",
        "population": f"{last.population:,}",
        "share": percent(last.share),
        "change": "" if last.change is None else f"{last.change * 100:+.1f}",
        "tolerance": exact_percent(last.gap.tolerance),
        "published": "" if published is None else exact_percent(published),
        "is_breach": last.verdict == BEYOND,
        "verdict": last.verdict if last.verdict in (BEYOND, TOO_FEW) else "",
        "chart": chart(shares, last.gap.tolerance),
        "trend": "Share by delivery: " + ", ".join(map(percent, shares)),
    }


def _scorecard(
    scores: Scores, latest: Sequence[str]
) -> list[tuple[str, list[dict[str, Any] | None]]]:
    shown = {
        (extract, dimension): {"share": percent(score), "beyond": beyond, "gaps": gaps}
        for delivery, extract, dimension, score, beyond, gaps in scores
        if delivery in latest
    }
    return [
        (extract, [shown.get((extract, dimension)) for dimension in DIMENSIONS])
        for extract in EXTRACTS
        if any((extract, dimension) in shown for dimension in DIMENSIONS)
    ]


@contextmanager
def _charts(is_wanted: bool) -> Iterator[Any]:
    """Draws small charts as SVG in base64: shares as a line, the tolerance dashed."""
    if not is_wanted:
        yield lambda shares, tolerance: ""
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(1.8, 0.47))
    axes = figure.add_axes((0.02, 0.06, 0.96, 0.88))

    def draw(shares: Sequence[float | None], tolerance: float) -> str:
        axes.clear()
        axes.set_axis_off()
        known = [float("nan") if share is None else share for share in shares]
        axes.plot(known, color="#0550ae", linewidth=1.2)
        axes.plot(len(known) - 1, known[-1], "o", color="#0550ae", markersize=3)
        axes.axhline(tolerance, color="#8c959f", linewidth=0.8, linestyle="--")
        axes.set_ylim(bottom=min(0, -0.05 * tolerance))
        stream = io.BytesIO()
        figure.savefig(stream, format="svg", transparent=True)
        return base64.b64encode(stream.getvalue()).decode("ascii")

    yield draw
