"""Forest plots in the style of the London study: "2.1x more likely" and its interval.

Less likely is on the left, more likely on the right; offence, suspect and victim groups
are below each other (London study p. Driver analysis results).
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.textpath import TextPath
from matplotlib.transforms import blended_transform_factory

from linkage.report import terms as of_terms
from linkage.report.figures import (
    GREY,
    INK,
    RULE,
    STAMP,
    name_directions,
    stamp,
    style,
    svg_of,
    write_figure,
)
from linkage.report.forest_content import (
    Line,
    Plot,
    Text,
    axis_limit,
    long_lines,
    make_plot,
    short_lines,
    stated,
)
from linkage.report.terms import Estimate, Term

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.transforms import Transform

# Inches.
WIDTH, MARGIN = 9.0, 0.15
AXIS_FROM, AXIS_TO = 3.75, 7.2
HEADINGS, BELOW_AXIS = 0.42, 0.5


@dataclass(frozen=True)
class _Look:
    name: str
    colour: str
    marker: str
    fill: str


# Distinguished by shape as well as by colour; 4.5:1 on white, and by the colour-blind.
MORE = _Look("more likely", "#b3400b", "D", "#b3400b")
LESS = _Look("less likely", "#0b5cad", "s", "#0b5cad")
NEITHER = _Look("not significant", "#6a737d", "o", "white")


def draw_forest(
    model_row: Mapping[str, Any],
    terms: Sequence[Mapping[str, Any]],
    path_stem: Path,
    *,
    is_short: bool,
    is_simulated: bool,
    withheld: int = 0,
) -> list[Path]:
    """Write a model's forest plot as `<path_stem>.svg` and `<path_stem>.png`.

    `model_row` is a row of `drivers.models`, `terms` are its rows of
    `drivers.odds_ratios`, both as `disclosure.pages` gives them; `withheld` is the
    number of categories left out. The short version holds significant categories only.
    Equal rows give equal files, byte for byte.
    """
    shown = of_terms.read_terms(terms)
    lines = short_lines(shown) if is_short else long_lines(shown)
    plot = make_plot(model_row, shown, lines, withheld, is_simulated)
    with style():
        return write_figure(_draw(plot), path_stem, plot.title, plot.description)


def forest_svg(
    model_row: Mapping[str, Any],
    terms: Sequence[Mapping[str, Any]],
    *,
    most: int,
    is_simulated: bool,
    withheld: int = 0,
) -> str:
    """The `most` strongest significant categories as SVG, without title, for a page."""
    shown = of_terms.read_terms(terms)
    found = of_terms.significant(shown)
    lines = short_lines(of_terms.strongest(found, most))
    plot = make_plot(model_row, shown, lines, withheld, is_simulated, is_titled=False)
    with style():
        return svg_of(_draw(plot), plot.title, plot.description)


def _draw(plot: Plot) -> Figure:
    """Lay the parts out from the top down, in inches."""
    top = MARGIN + sum(one.height for one in plot.above)
    rows = sum(one.height for one in plot.lines)
    axis = HEADINGS + rows + BELOW_AXIS if plot.lines else 0.0
    height = top + axis + sum(one.height for one in plot.below) + MARGIN
    figure = Figure(figsize=(WIDTH, height))
    _write_down(figure, plot.above, height - MARGIN)
    if plot.lines:
        from_bottom = (height - top - HEADINGS - rows) / height
        place = (AXIS_FROM / WIDTH, from_bottom)
        size = ((AXIS_TO - AXIS_FROM) / WIDTH, rows / height)
        _draw_axes(figure.add_axes((*place, *size)), plot.lines, plot.outcome)
        _add_legend(figure, plot.lines, height - top - axis + 0.02)
    _write_down(figure, plot.below, height - top - axis)
    if plot.is_simulated:
        stamp(figure)
    return figure


def _write_down(figure: Figure, texts: Sequence[Text], y: float) -> None:
    for one in texts:
        figure.text(
            MARGIN + (0.05 if one.box else 0),
            y - one.height / 2,
            one.text,
            fontsize=one.size,
            weight=one.weight,
            color=one.colour,
            va="center",
            transform=figure.dpi_scale_trans,
            bbox={"facecolor": one.box, "edgecolor": STAMP, "pad": 3}
            if one.box
            else None,
        )
        y -= one.height


def _draw_axes(axes: Axes, lines: Sequence[Line], outcome: str) -> None:
    across = blended_transform_factory(axes.figure.dpi_scale_trans, axes.transData)
    limit = axis_limit([one for one in lines if one.estimate])
    bottoms = list(itertools.accumulate(one.height for one in lines))
    axes.set_facecolor("none")
    axes.set_xscale("log", base=2)
    axes.set_xlim(1 / limit, limit)
    axes.set_ylim(bottoms[-1], 0)
    _draw_scale(axes, limit, outcome)
    axes.hlines(
        bottoms,
        MARGIN,
        WIDTH - MARGIN,
        color=RULE,
        linewidth=0.5,
        transform=across,
        clip_on=False,
        zorder=0,
    )
    for line, bottom in zip(lines, bottoms, strict=True):
        y = bottom - line.height / 2
        _write_line(axes, line, y, across)
        if line.term and line.estimate:
            for drawn in _marks(line.term, line.estimate, y, limit, across):
                axes.add_artist(drawn)


def _draw_scale(axes: Axes, limit: float, outcome: str) -> None:
    step = 2 if limit > 8 else 1
    exponents = list(range(0, int(math.log2(limit)) + 1, step))
    ticks = [2.0**-one for one in exponents[:0:-1]] + [2.0**one for one in exponents]
    names = [f"1/{1 / one:.0f}" if one < 1 else f"{one:.0f}" for one in ticks]
    axes.set_xticks(ticks, names, fontsize=7.5, color=GREY)
    axes.set_xticks([], minor=True)
    axes.set_yticks([])
    axes.tick_params(length=2, color=GREY)
    axes.set_xlabel("Odds ratio, log scale", fontsize=7.5, color=GREY, labelpad=2)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for tick in ticks:
        is_one = tick == 1
        axes.axvline(
            tick,
            color=GREY if is_one else RULE,
            linewidth=0.9 if is_one else 0.5,
            zorder=0.5,
        )
    name_directions(axes, 4)
    axes.annotate(
        outcome[0].upper() + outcome[1:],
        (0.5, 1),
        (0, 17),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=GREY,
    )


def _write_line(axes: Axes, line: Line, y: float, across: Transform) -> None:
    x = MARGIN + line.indent
    for part, dx, dy, size, colour in _label_parts(line):
        axes.text(
            x + dx,
            y + dy,
            part,
            fontsize=size,
            weight="bold" if line.is_group else "normal",
            color=colour,
            va="center",
            transform=across,
        )
    if line.term:
        is_found = line.term.is_significant
        axes.text(
            AXIS_TO + 0.12,
            y,
            stated(line.term),
            fontsize=8 if is_found else 7,
            color=INK if is_found else GREY,
            va="center",
            transform=across,
        )


def _label_parts(line: Line) -> Iterator[tuple[str, float, float, float, str]]:
    """Text, offset from the line's middle (inches), size and colour of a label."""
    has_two = bool(line.detail and line.term)
    missing = line.term is not None and line.term.estimate is None
    yield (
        line.text,
        0,
        -0.065 if has_two else 0,
        9 if line.is_group else 8,
        GREY if missing else INK,
    )
    if has_two:
        yield line.detail, 0, 0.075, 6.5, GREY
    elif line.detail:
        yield line.detail, _width(line.text, 8) + 0.08, 0, 6.5, GREY


@functools.cache
def _width(text: str, size: float) -> float:
    """Width of a text in inches."""
    return float(TextPath((0, 0), text, size=size).vertices[:, 0].max()) / 72


def _marks(
    term: Term, estimate: Estimate, y: float, limit: float, across: Transform
) -> Iterator[Line2D]:
    """The interval, an arrow where it goes beyond the axis, and the odds ratio."""
    look = _look(estimate)
    low, high = max(estimate.low, 1 / limit), min(estimate.high, limit)
    yield Line2D([low, high], [y, y], color=look.colour, linewidth=1.2)
    for is_beyond, x, arrow in (
        (estimate.low < 1 / limit, AXIS_FROM - 0.03, "<"),
        (estimate.high > limit, AXIS_TO + 0.03, ">"),
    ):
        if is_beyond:
            yield Line2D(
                [x],
                [y],
                linestyle="",
                marker=arrow,
                color=look.colour,
                markersize=4,
                clip_on=False,
                transform=across,
            )
    if 1 / limit <= estimate.odds_ratio <= limit:
        point = Line2D(
            [estimate.odds_ratio],
            [y],
            linestyle="",
            marker=look.marker,
            color=look.colour,
            markerfacecolor=look.fill,
            markersize=4.5,
        )
        point.set_gid(f"term-{term.design_column}")
        yield point


def _look(estimate: Estimate) -> _Look:
    if not estimate.is_significant:
        return NEITHER
    return MORE if estimate.is_more_likely else LESS


def _add_legend(figure: Figure, lines: Sequence[Line], y: float) -> None:
    used = [_look(one.estimate) for one in lines if one.estimate]
    handles = [
        Line2D(
            [],
            [],
            color=look.colour,
            marker=look.marker,
            markerfacecolor=look.fill,
            markersize=4.5,
            linewidth=1.2,
            label=look.name,
        )
        for look in (LESS, NEITHER, MORE)
        if look in used
    ]
    legend = figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(MARGIN, y),
        bbox_transform=figure.dpi_scale_trans,
        ncols=3,
        frameon=False,
        fontsize=7.5,
        labelcolor=GREY,
        borderpad=0,
        borderaxespad=0,
        title="Odds ratio with 95% interval; significant at p < 0.05",
        title_fontsize=7.5,
        alignment="left",
    )
    legend.get_title().set_color(GREY)
