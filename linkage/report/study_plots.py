"""Drawings of the violent-crime study; `study_content` makes their content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from linkage.publication.publications import SIMULATED
from linkage.report.figures import GREY, INK, RULE, STAMP, name_directions, stamp
from linkage.report.study_content import OUTCOMES, Bar, Category, Curve, Roc, Step

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches.
WIDTH, ROW = 9.0, 0.27
TITLE, BANNER, FOOT = 0.4, 0.32, 0.55
# Distinguished by pattern, side and word as well as by colour (Okabe and Ito 2008).
BENEFICIAL, ADVERSE = "#1a7f37", "#e69f00"
ADVERSE_PATTERN = "////"
COLOURS = {
    "success": ("#009e73", ""),
    "evidential difficulties (victim)": ("#e69f00", "////"),
    "evidential difficulties (other)": ("#9bd0f2", "...."),
    "other negative result": ("#c3c9d0", ""),
}
NOT_SHOWN = "too few to show"
BLUE = "#0b5cad"
# A narrower segment does not hold its figure.
LEAST_LABELLED = 0.05


def draw_roc(title: str, roc: Roc, *, is_simulated: bool) -> Figure:
    """The curve, its convex hull and chance, with both areas."""
    figure = Figure(figsize=(5.6, 5.6))
    axes = figure.add_axes((0.13, 0.11, 0.82, 0.75))
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=":", label="Chance")
    axes.plot(
        *roc.hull.T,
        color=ADVERSE,
        linewidth=1.3,
        linestyle="--",
        marker="D",
        markersize=3.5,
        label=f"Convex hull, AUCH = {roc.auch:.3f}",
    )
    axes.plot(
        *roc.curve.T, color=BLUE, linewidth=1.5, label=f"ROC, AUC = {roc.auc:.3f}"
    )
    axes.set_xlabel("Share of the others that are flagged (1 - specificity)")
    axes.set_ylabel("Share with the outcome that is flagged (sensitivity)")
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_aspect("equal")
    _plain(axes)
    axes.legend(loc="lower right", frameon=False, fontsize=8.5)
    _head(figure, title, is_simulated=is_simulated)
    return figure


def roc_text(roc: Roc) -> str:
    """The drawing in words."""
    return f"ROC curve with its convex hull: AUC {roc.auc:.3f}, AUCH {roc.auch:.3f}."


def draw_coefficients(title: str, bars: Sequence[Bar], *, is_simulated: bool) -> Figure:
    """A bar per coefficient: its side is its sign, colour and pattern its benefit."""
    height = TITLE + BANNER + 0.35 + ROW * len(bars) + 0.95
    figure = Figure(figsize=(WIDTH, height))
    rows = ROW * len(bars)
    axes = figure.add_axes((4.05 / WIDTH, 0.9 / height, 3.2 / WIDTH, rows / height))
    reach = max(abs(one.coefficient) for one in bars) * 1.05
    axes.set_xlim(-reach, reach)
    axes.set_ylim(len(bars) - 0.5, -0.5)
    for place, one in enumerate(bars):
        axes.barh(
            place,
            one.coefficient,
            height=0.66,
            color=BENEFICIAL if one.is_beneficial else ADVERSE,
            hatch="" if one.is_beneficial else ADVERSE_PATTERN,
            edgecolor="white" if one.is_beneficial else "#7a5200",
            linewidth=0.4,
            gid=f"term-{one.printed}",
        )
        _bar_texts(axes, place, one)
    axes.axvline(0, color=GREY, linewidth=0.9)
    axes.set_yticks([])
    axes.set_xlabel("Coefficient (log odds)", fontsize=8, color=GREY)
    name_directions(axes, 5)
    axes.annotate(
        "selected in",
        (1, 1),
        (8, 5),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=7.5,
        color=GREY,
    )
    _plain(axes, grid="x")
    figure.legend(
        handles=[
            Patch(facecolor=BENEFICIAL, label="beneficial"),
            Patch(
                facecolor=ADVERSE,
                hatch=ADVERSE_PATTERN,
                edgecolor="#7a5200",
                linewidth=0.4,
                label="adverse",
            ),
            Line2D([], [], linestyle="", label="L recorded at or after the outcome"),
            Line2D([], [], linestyle="", label="M means missing"),
        ],
        loc="lower left",
        bbox_to_anchor=(0.15, 0.12),
        bbox_transform=figure.dpi_scale_trans,
        ncols=4,
        frameon=False,
        fontsize=8,
        handlelength=1.6,
        columnspacing=1.4,
    )
    _head(figure, title, is_simulated=is_simulated)
    return figure


def _bar_texts(axes: Axes, place: int, one: Bar) -> None:
    marks = f"{'L' if one.is_late else ' '}{'M' if one.is_missing else ' '}".strip()
    word = "beneficial" if one.is_beneficial else "adverse"
    for text, x, align, size, colour in (
        (_short(one.label), -3.9, "left", 8, INK),
        (marks, -0.68, "right", 7, GREY),
        (word, -0.05, "right", 7, GREY),
        (f"{one.selected_share:.0%} of halves", 3.32, "left", 7.5, GREY),
    ):
        axes.annotate(
            text,
            (0, place),
            (x * 72, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            ha=align,
            va="center",
            fontsize=size,
            color=colour,
            annotation_clip=False,
        )


def _short(label: str, most: int = 48) -> str:
    return label if len(label) <= most else f"{label[: most - 1].rstrip()}…"


def coefficients_text(bars: Sequence[Bar]) -> str:
    """The drawing in words."""
    return "; ".join(
        f"{one.label}: {one.coefficient:+.2f}, "
        f"{'beneficial' if one.is_beneficial else 'adverse'}, selected in "
        f"{one.selected_share:.0%} of halves"
        for one in bars
    )


def draw_curves(title: str, curves: Sequence[Curve], *, is_simulated: bool) -> Figure:
    """A panel per number of officers: the curve in its band, on one scale."""
    figure = Figure(figsize=(WIDTH, 3.9))
    reach = [0.0]
    for place, one in enumerate(curves):
        axes = figure.add_axes((0.09 + 0.49 * place, 0.155, 0.40, 0.58))
        axes.axhline(0, color=GREY, linewidth=0.9)
        axes.fill_between(
            one.officers,
            one.low,
            one.high,
            color=BLUE,
            alpha=0.18,
            linewidth=0,
            label=f"Middle {one.band:.0%} of {one.halves} halves",
        )
        axes.plot(one.officers, one.log_odds, color=BLUE, linewidth=1.6, label="Model")
        reach += [*one.low, *one.high, *one.log_odds]
        axes.set_title(one.label, fontsize=9.5, color=INK, loc="left")
        axes.set_xlabel("Officers")
        if place == 0:
            axes.set_ylabel("Log odds against the fewest")
            axes.legend(loc="best", frameon=False, fontsize=8)
        if not one.is_selected:
            axes.annotate(
                "no term selected",
                (0.5, 0.6),
                xycoords="axes fraction",
                ha="center",
                fontsize=9,
                color=GREY,
            )
        _plain(axes)
    margin = max(0.1, 0.06 * (max(reach) - min(reach)))
    for axes in figure.axes:
        axes.set_ylim(min(reach) - margin, max(reach) + margin)
    _head(figure, title, is_simulated=is_simulated)
    return figure


def draw_outcomes(
    title: str, categories: Sequence[Category], *, is_simulated: bool
) -> Figure:
    """A bar per category, split by outcome; confidential parts stay empty."""
    rows = 0.34 * len(categories)
    height = TITLE + BANNER + 0.4 + rows + 0.55
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((2.55 / WIDTH, 0.4 / height, 5.1 / WIDTH, rows / height))
    for place, one in enumerate(categories):
        left = 0.0
        for outcome in OUTCOMES:
            share = one.shares[outcome]
            if share is not None:
                _segment(axes, place, left, share, outcome)
                left += share
        if left < 0.99 and None in one.shares.values():
            axes.barh(
                place,
                1 - left,
                left=left,
                height=0.72,
                facecolor="none",
                edgecolor=GREY,
                linestyle=":",
                linewidth=0.8,
            )
            axes.text(
                (1 + left) / 2,
                place,
                NOT_SHOWN,
                ha="center",
                va="center",
                fontsize=7.5,
                color=GREY,
            )
        axes.text(
            1.02,
            place,
            "n hidden" if one.crimes is None else f"n = {one.crimes:,}",
            va="center",
            fontsize=8,
            color=GREY,
        )
    axes.set_yticks(range(len(categories)), [one.label for one in categories])
    axes.set_ylim(len(categories) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    ticks = np.linspace(0, 1, 6)
    axes.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
    _plain(axes, grid=None)
    axes.tick_params(axis="y", length=0, labelsize=8.5, labelcolor=INK)
    figure.legend(
        handles=[
            Patch(
                facecolor=COLOURS[outcome][0],
                hatch=COLOURS[outcome][1],
                edgecolor=INK,
                linewidth=0.3,
                label=outcome,
            )
            for outcome in OUTCOMES
        ],
        loc="upper left",
        bbox_to_anchor=(0.15, height - _top(is_simulated=is_simulated)),
        bbox_transform=figure.dpi_scale_trans,
        ncols=4,
        frameon=False,
        fontsize=8,
        borderaxespad=0,
        handlelength=1.6,
        columnspacing=1.3,
    )
    _head(figure, title, is_simulated=is_simulated)
    return figure


def _segment(axes: Axes, place: int, left: float, share: float, outcome: str) -> None:
    colour, pattern = COLOURS[outcome]
    axes.barh(
        place,
        share,
        left=left,
        height=0.72,
        color=colour,
        hatch=pattern,
        edgecolor="white",
        linewidth=0.5,
    )
    if share >= LEAST_LABELLED:
        axes.text(
            left + share / 2,
            place,
            f"{share:.0%}",
            ha="center",
            va="center",
            fontsize=8,
            color=INK,
            bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.2},
        )


def outcomes_text(categories: Sequence[Category]) -> str:
    """The drawing in words."""
    return "; ".join(
        f"{one.label}: "
        + ", ".join(
            f"{outcome} {NOT_SHOWN if share is None else format(share, '.0%')}"
            for outcome, share in one.shares.items()
        )
        for one in categories
    )


def draw_flow(title: str, steps: Sequence[Step], *, is_simulated: bool) -> Figure:
    """A bar per step: the crimes left, and next to them those removed."""
    rows = 0.34 * len(steps)
    height = TITLE + BANNER + rows + 0.55
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((2.55 / WIDTH, 0.45 / height, 4.6 / WIDTH, rows / height))
    most = max((one.left or 0 for one in steps), default=0) or 1
    for place, one in enumerate(steps):
        axes.barh(place, one.left or 0, height=0.7, color=BLUE)
        if one.left is not None and one.removed:
            axes.barh(
                place,
                one.removed,
                left=one.left,
                height=0.7,
                facecolor="#fbe3b3",
                hatch=ADVERSE_PATTERN,
                edgecolor="#7a5200",
                linewidth=0.4,
            )
        lost = f", {one.share_lost:.1%} lost" if one.share_lost else ""
        left = "hidden" if one.left is None else f"{one.left:,}"
        axes.text(
            most * 1.02, place, f"{left} left{lost}", va="center", fontsize=8, color=INK
        )
    axes.set_yticks(range(len(steps)), [one.label.capitalize() for one in steps])
    axes.set_ylim(len(steps) - 0.5, -0.5)
    axes.set_xlim(0, most)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlabel("Crimes", fontsize=8, color=GREY)
    _plain(axes, grid=None)
    axes.tick_params(axis="y", length=0, labelsize=8.5, labelcolor=INK)
    _head(figure, title, is_simulated=is_simulated)
    return figure


def flow_text(steps: Sequence[Step]) -> str:
    """The drawing in words."""
    return "; ".join(
        f"{one.label}: {'hidden' if one.left is None else format(one.left, ',')} left"
        for one in steps
    )


def _top(*, is_simulated: bool) -> float:
    """Height of title and banner, in inches."""
    return TITLE + (BANNER if is_simulated else 0)


def _head(figure: Figure, title: str, *, is_simulated: bool) -> None:
    """Title, and the note on simulated input."""
    _, height = figure.get_size_inches()
    figure.text(
        0.15,
        height - 0.23,
        title,
        fontsize=11,
        weight="bold",
        color=INK,
        va="center",
        transform=figure.dpi_scale_trans,
    )
    if is_simulated:
        figure.text(
            0.2,
            height - 0.5,
            SIMULATED,
            fontsize=8,
            weight="bold",
            color=INK,
            va="center",
            transform=figure.dpi_scale_trans,
            bbox={"facecolor": "#fff3c4", "edgecolor": STAMP, "pad": 3},
        )
        stamp(figure)


def _plain(axes: Axes, grid: Literal["both", "x", "y"] | None = "both") -> None:
    """No frame, soft ticks, the stamp visible through."""
    axes.set_facecolor("none")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=2, color=GREY, labelcolor=GREY, labelsize=8)
    axes.xaxis.label.set(color=GREY, fontsize=8.5)
    axes.yaxis.label.set(color=GREY, fontsize=8.5)
    if grid:
        axes.grid(visible=True, axis=grid, color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
