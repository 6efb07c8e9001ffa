"""Content of a forest plot: its lines, its texts above and below, its range."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linkage.publication.publications import SIMULATED
from linkage.report import terms as of_terms
from linkage.report.figures import GREY, INK
from linkage.report.terms import Estimate, Term
from linkage.report.wording import (
    count_in_words,
    not_shown,
    outcome_in_words,
    plural,
    strength,
)
from ml.drivers import TOO_WIDE
from ml.fitting import MAXIMUM_LIKELIHOOD, STAND_IN

# The axis ends here at the latest; intervals that go on have an arrow.
WIDEST, NARROWEST = 32.0, 4.0
DAGGER = "†"
UNSURE = f"{DAGGER} Unsure: few or no cases with, or without, the outcome."

# Why a category has no estimate (ml.fitting), in few words.
REASONS = {
    "no cases": "no cases",
    "every case": "true of every case",
    "a combination of other columns": "given by other columns",
    STAND_IN: "compared with",
}

NO_ESTIMATE = "no estimate"
# Heights, in inches.
LINE, DOUBLE_LINE, GROUP_LINE = 0.215, 0.31, 0.3


@dataclass(frozen=True)
class Line:
    """A line of the plot: a heading, or a category and its estimate."""

    text: str
    detail: str = ""
    indent: float = 0.0
    height: float = LINE
    is_group: bool = False
    term: Term | None = None

    @property
    def estimate(self) -> Estimate | None:
        """The mark on the line, if any."""
        return self.term.estimate if self.term else None


@dataclass(frozen=True)
class Text:
    """A line of text above or below the plot."""

    text: str
    size: float = 8.0
    weight: str = "normal"
    colour: str = GREY
    box: str = ""

    @property
    def height(self) -> float:
        """Height of the text, in inches."""
        return self.size * (2.5 if self.box else 1.6) / 72


@dataclass(frozen=True)
class Plot:
    """Content of a plot, top to bottom."""

    title: str
    above: list[Text]
    lines: list[Line]
    below: list[Text]
    outcome: str
    is_simulated: bool

    @property
    def description(self) -> str:
        """All of it as text, for who cannot see it."""
        categories = [
            f"{one.term.label}: {stated(one.term)}" for one in self.lines if one.term
        ]
        above = (one.text for one in self.above)
        return " ".join([*above, "; ".join(categories)]).strip()


def stated(term: Term) -> str:
    """A category's estimate in few words, or why it has none."""
    estimate = term.estimate
    if estimate is None:
        note = term.note or ""
        return (
            "too unsure to give" if TOO_WIDE in note else REASONS.get(note, NO_ESTIMATE)
        )
    mark = f" {DAGGER}" if term.note else ""
    if not estimate.is_significant:
        return f"not significant{mark}"
    return f"{strength(estimate)}{mark}"


def long_lines(shown: Sequence[Term]) -> list[Line]:
    """Every category, under its variable and its reference."""
    lines = []
    ordered = of_terms.by_variable(shown)
    for group, own in itertools.groupby(ordered, key=lambda one: one.group):
        lines.append(_group_line(group))
        for _, categories in itertools.groupby(own, key=lambda one: one.variable):
            lines += _variable_lines(list(categories))
    return lines


def _variable_lines(categories: Sequence[Term]) -> list[Line]:
    first = categories[0]
    if first.is_yes_no:
        return [Line(first.label, indent=0.1, term=first)]
    heading = Line(first.variable_label, f"against {first.reference}", indent=0.1)
    return [
        heading,
        *(Line(one.category, indent=0.3, term=one) for one in categories),
    ]


def short_lines(shown: Sequence[Term]) -> list[Line]:
    """Significant categories by size, each with its reference under it."""
    lines = []
    ordered = of_terms.significant(shown)
    for group, own in itertools.groupby(ordered, key=lambda one: one.group):
        lines.append(_group_line(group))
        for one in own:
            detail = "" if one.is_yes_no else f"against {one.reference}"
            height = DOUBLE_LINE if detail else LINE
            lines.append(Line(one.label, detail, 0.1, height, term=one))
    return lines


def _group_line(group: str) -> Line:
    return Line(f"{group.capitalize()}", height=GROUP_LINE, is_group=True)


def make_plot(
    model_row: Mapping[str, Any],
    shown: Sequence[Term],
    lines: list[Line],
    withheld: int,
    is_simulated: bool,
    *,
    is_titled: bool = True,
) -> Plot:
    """Texts of a model's plot around `lines`.

    The rows are `disclosure.pages`': `shown` are all terms that may be, `withheld` how
    many may not. A page that has its own title leaves it and the banner out.
    """
    title = f"Model {model_row['model']}: {model_row['description']}"
    is_fitted = model_row["method"] is not None
    above = []
    if is_titled:
        if is_simulated:
            above.append(Text(SIMULATED, 8.5, "bold", INK, box="#fff3c4"))
        above += [Text(one, 11, "bold", INK) for one in textwrap.wrap(title, 82)]
        about = _about(model_row)
        above += [Text(one, 8.5) for one in textwrap.wrap(about, 118)]
    below = []
    if not is_fitted:
        lines = []
        above.append(Text(f"Not fitted: {model_row['note']}.", 9.5, colour=INK))
    else:
        if not lines:
            above.append(Text("No category to show.", 9.5, colour=INK))
        below = _footnotes(shown, lines, withheld)
    outcome = outcome_in_words(model_row["dependent"]).noun
    return Plot(title, above, lines, below, outcome, is_simulated)


def _about(model_row: Mapping[str, Any]) -> str:
    cases, events = model_row["sample_size"], model_row["events"]
    parts = [f"n = {count_in_words(cases)}"]
    if None not in (cases, events):
        outcome = outcome_in_words(model_row["dependent"])
        parts.append(f"{events:,} {outcome.past} ({events / cases:.1%})")
    if model_row["nagelkerke_r2"] is not None:
        parts.append(f"Nagelkerke R² = {model_row['nagelkerke_r2']:.2f}")
    if model_row["auc"] is not None:
        parts.append(f"AUC = {model_row['auc']:.2f}")
    if model_row["method"] not in (None, MAXIMUM_LIKELIHOOD):
        parts.append(model_row["method"])
    return "; ".join(parts)


def _footnotes(
    shown: Sequence[Term], lines: Sequence[Line], withheld: int
) -> list[Text]:
    drawn = [one.term for one in lines if one.term]
    estimates = [one.estimate for one in drawn if one.estimate]
    limit = axis_limit([one for one in lines if one.estimate])
    found = len(of_terms.significant(shown))
    notes = []
    if len(drawn) < found:
        notes.append(f"The {len(drawn)} strongest of {found} significant categories.")
    elif len(drawn) < len(shown):
        rest = plural(len(shown) - found, "category that is", "categories that are")
        notes.append(f"Without {rest} not significant or have no estimate.")
    if any(one.low < 1 / limit or one.high > limit for one in estimates):
        notes.append("An arrow: the interval goes beyond the axis.")
    if any(one.is_unsure for one in drawn):
        notes.append(UNSURE)
    if withheld:
        notes.append(not_shown(withheld))
    return [Text(one, 7.5) for one in textwrap.wrap(" ".join(notes), 140)]


def axis_limit(lines: Sequence[Line]) -> float:
    """Where the axis ends: a power of 2 that covers sure estimates, within reason."""
    furthest = NARROWEST
    for one in lines:
        assert one.term is not None
        assert one.estimate is not None
        furthest = max(furthest, one.estimate.times)
        if not one.term.is_unsure:
            lowest = max(one.estimate.low, 1 / WIDEST)
            furthest = max(furthest, one.estimate.high, 1 / lowest)
    return float(2 ** math.ceil(math.log2(min(furthest, WIDEST))))
