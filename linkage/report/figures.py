"""Shared by every drawing: its style, the stamp SIMULATED, SVG and PNG files."""

from __future__ import annotations

import html
import io
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = ("svg", "png")
INK, GREY, RULE = "#1b1f24", "#57606a", "#e3e7eb"
STAMP = "#d4a72c"
# Inches between two stamps.
BETWEEN_STAMPS = 3.2


def style() -> AbstractContextManager[None]:
    """Text as text, and the same ids in every file."""
    return matplotlib.rc_context(
        {
            "text.parse_math": False,
            "svg.fonttype": "none",
            "svg.hashsalt": "report",
            "font.family": "sans-serif",
            "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial"],
        }
    )


def svg_of(figure: Figure, title: str, description: str) -> str:
    """A figure as SVG with its title, and in words for who cannot see it."""
    stream = io.BytesIO()
    figure.savefig(
        stream,
        format="svg",
        metadata={"Date": None, "Creator": None, "Title": title},
    )
    described = f"</title>\n <desc>{html.escape(description)}</desc>"
    return stream.getvalue().decode("utf-8").replace("</title>", described, 1)


def write_figure(
    figure: Figure, path_stem: Path, title: str, description: str
) -> list[Path]:
    """Write `<path_stem>.svg` and `.png`: equal figures, equal files."""
    svg, png = (path_stem.with_name(f"{path_stem.name}.{end}") for end in SUFFIXES)
    svg.write_text(svg_of(figure, title, description), encoding="utf-8")
    figure.savefig(png, format="png", dpi=120, metadata={"Software": None})
    return [svg, png]


def stamp(figure: Figure) -> None:
    """SIMULATED across the figure, repeated by its height."""
    width, height = figure.get_size_inches()
    marks = max(1, round(height / BETWEEN_STAMPS))
    for mark in range(marks):
        figure.text(
            width / 2,
            height * (mark + 0.5) / marks,
            "SIMULATED",
            fontsize=min(54.0, 40 * height),
            color=STAMP,
            alpha=0.22,
            rotation=15 if height > 2 else 0,
            ha="center",
            va="center",
            zorder=-1,
            transform=figure.dpi_scale_trans,
        )


def name_directions(axes: Axes, above: float) -> None:
    """Label the sides, more and less, so many points above the axes."""
    for text, place in (("← less likely", 0.25), ("more likely →", 0.75)):
        axes.annotate(
            text,
            (place, 1),
            (0, above),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center",
            fontsize=8.5,
            weight="bold",
            color=INK,
        )
