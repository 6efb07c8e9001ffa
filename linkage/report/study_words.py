"""Sentences on the violent-crime study, written from its numbers."""

from __future__ import annotations

import csv
import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from linkage.base.intervals import wilson
from linkage.base.settings import PROJECT
from linkage.report.ranks import Ranked, highest, lowest, named, share_bounds, shown_of
from linkage.report.study_content import (
    LATE_WORDS,
    Bar,
    Category,
    Curve,
    Step,
    StudyModel,
)
from linkage.report.wording import column_in_words, count_in_words, plural
from ml.measures import exponential
from ml.study_models import INCOMPLETE, LATE, MISSING_LEVELS

Row = Mapping[str, Any]
PRINTED_METRICS = PROJECT / "data" / "published" / "wmp_model_metrics.csv"
# An area beyond this needs an explanation.
TOO_GOOD = 0.95
# An area that moves by less than this has not moved.
STILL = 0.005
# A column that so many of the random halves select is stable.
STABLE = 0.9
CHANCE = 0.5
NOUNS = {
    "is_success": "success",
    "is_evidential_difficulties_victim": "evidential difficulties (victim)",
}


def noun(dependent: str) -> str:
    """Subject of a model: "success"."""
    return NOUNS.get(dependent, column_in_words(dependent))


def flow_sentences(steps: Sequence[Step]) -> list[str]:
    """Number of crimes left, and the step with the largest loss."""
    first, last = steps[0].left, steps[-1].left
    if first is None or last is None:
        return ["Too few crimes to say."]
    sentences = [
        f"Of {first:,} crimes delivered, {last:,} are in the study"
        + (f" ({last / first:.0%})." if first else ".")
    ]
    lost = [
        Ranked(
            f"“{one.label}”",
            one.share_lost,
            *share_bounds(one.removed, before.left),
            f"{one.share_lost:.1%} of the crimes that came to this step",
        )
        for before, one in itertools.pairwise(steps)
        if one.share_lost is not None and before.left is not None
    ]
    if any(one.figure for one in lost):
        of = shown_of(len(lost), len(steps) - 1 - len(lost), "step", "steps")
        sentences.append(
            f"O{of[1:]}, the largest share is lost at {named(highest(lost))}."
        )
    return sentences


def outcome_sentences(
    categories: Sequence[Category], outcomes: Sequence[str], by_what: str
) -> list[str]:
    """Frequency of each outcome, and its highest and lowest group; a paragraph each."""
    paragraphs = [
        " ".join(_outcome(categories, outcome, by_what)) for outcome in outcomes
    ]
    hidden = sum(None in one.shares.values() for one in categories[1:])
    if hidden:
        paragraphs.append(
            f"{plural(hidden, 'category has', 'categories have')} too few crimes, or "
            "too few of an outcome, to show every share."
        )
    return [one for one in paragraphs if one]


def _outcome(
    categories: Sequence[Category], outcome: str, by_what: str
) -> Iterator[str]:
    overall, *each = categories
    share = overall.shares[outcome]
    if share is not None:
        yield f"{share:.0%} of all crimes end in {outcome}."
    recorded = {_name(one): one for one in each if one.is_known}
    found = [
        Ranked(
            name,
            share,
            *share_bounds(one.counts[outcome], one.crimes),
            f"{share:.0%} of {count_in_words(one.crimes)} crimes",
        )
        for name, one in recorded.items()
        if (share := one.shares[outcome]) is not None
    ]
    if len(found) < 2:
        return
    of = shown_of(
        len(found),
        len(recorded) - len(found),
        "recorded category",
        "recorded categories",
    )
    most, least = highest(found), lowest(found)
    if len(most) == len(found):
        yield f"By {by_what}, {of}, it is too close to rank."
    else:
        chance = _unless_chance(
            recorded[most[0].name], recorded[least[0].name], outcome
        )
        yield (
            f"By {by_what}, {of}, it is most frequent for {named(most)} and least for "
            f"{named(least)}{chance}."
        )


def _name(category: Category) -> str:
    label = category.label
    return label if label[1:2].isdigit() else label.lower()


def _unless_chance(highest: Category, lowest: Category, outcome: str) -> str:
    """Do the 95% intervals of the two shares overlap?"""
    shares = np.array([one.shares[outcome] for one in (highest, lowest)], dtype=float)
    crimes = np.array([one.crimes for one in (highest, lowest)], dtype=float)
    low, high = wilson(shares, crimes)
    return "; that may be chance" if low[0] <= high[1] else ""


def design_sentences(of_model: StudyModel) -> list[str]:
    """Training and test crimes of the model, and its tuning."""
    row = of_model.model
    sentences = [
        f"{count_in_words(row['training_crimes'])} crimes to fit and "
        f"{count_in_words(row['test_crimes'])} others to judge it, drawn at random; "
        f"{count_in_words(row['training_events'])} and "
        f"{count_in_words(row['test_events'])} of them with {noun(row['dependent'])}.",
    ]
    if of_model.is_shown:
        sentences.append(
            "A column per level with none left out, three spline terms of each number "
            f"of officers: {row['columns_offered']:,} columns, of which the penalty "
            f"selects {row['columns_selected']:,}."
        )
    return sentences


def tuning_sentences(of_model: StudyModel) -> list[str]:
    """The chosen mixing, penalty and blend, and the reason."""
    row = of_model.model
    return [
        "Of all combinations of mixing, penalty and blend tried the one with the "
        "largest cross-validated AUC on the training part was taken: mixing "
        f"{row['mixing']:g} ({_mixing(row['mixing'])}), penalty {row['penalty']:.2g}, "
        f"blend {row['blend']:g} ({_blend(row['blend'])}). Its AUC there is "
        f"{row['cross_validated_auc']:.3f} (standard error "
        f"{row['cross_validated_auc_std_error']:.2g})."
    ]


def _mixing(mixing: float) -> str:
    if mixing == 1:
        return "the lasso"
    return "close to ridge" if mixing <= 0.1 else "between ridge and the lasso"


def _blend(blend: float) -> str:
    if blend == 1:
        return "not relaxed"
    return "fully relaxed" if blend == 0 else "partly relaxed"


def quality_sentences(of_model: StudyModel) -> list[str]:
    """How well it separates crimes, next to the report's printed figure."""
    row = of_model.model
    sentences = [
        f"On crimes it did not see its AUC is {row['auc']:.3f}, that of the convex "
        f"hull {row['auch']:.3f} (training part {row['training_auc']:.3f}): of a crime "
        f"with {noun(row['dependent'])} and one without it finds the right one in "
        f"{_hundred(row['auc'])} of 100 pairs; 50 would be chance."
    ]
    printed = _printed_auc(row["dependent"])
    if printed is not None:
        sentences.append(f"The report prints {printed:.3f} for its own model.")
    return sentences


def _hundred(area: float) -> str:
    """0.805 as 81; 0.998 as 99.8, since it is not all of them."""
    return f"{area * 100:.0f}" if area < 0.99 else f"{area * 100:.1f}"


def late_area(of_model: StudyModel) -> float | None:
    """Its area without fields recorded at or after the outcome."""
    areas = {one["left_out"]: one["auc"] for one in of_model.leakage}
    return areas.get(LATE)


def leakage_sentences(of_model: StudyModel) -> list[str]:
    """Effect of late and missing fields, in words from the refitted areas."""
    row = of_model.model
    auc = row["auc"]
    without = {one["left_out"]: one["auc"] for one in of_model.leakage}
    sentences = []
    if auc >= TOO_GOOD:
        sentences.append(
            f"An AUC of {auc:.3f} is too good to be a finding: something tells the "
            "outcome."
        )
    late = without.get(LATE)
    if late is not None:
        sentences.append(_fall(auc, late))
    groups = [
        (auc - area, name, area)
        for name, area in without.items()
        if name not in (LATE, MISSING_LEVELS, INCOMPLETE) and area is not None
    ]
    moved = sorted((one for one in groups if one[0] >= STILL), reverse=True)
    if moved:
        listed = "; ".join(f"{name} {area:.3f}" for _, name, area in moved)
        sentences.append(f"Without one group of fields alone it falls to: {listed}.")
    still = len(groups) - len(moved)
    if still:
        sentences.append(
            f"{plural(still, 'other group changes', 'other groups change')} it by less "
            f"than {STILL:g} when left out alone."
            if moved
            else f"No group left out alone takes {STILL:g} or more from it."
        )
    sentences += _missing(auc, without.get(MISSING_LEVELS), without.get(INCOMPLETE))
    return [*sentences, *_source(row["dependent"])]


def _fall(auc: float, late: float) -> str:
    if auc - late < STILL:
        return (
            "Without the fields that are recorded at or after the outcome it stays at "
            f"{late:.3f}: they give nothing away."
        )
    above = auc - CHANCE
    share = min((auc - late) / above, 1) if above > 0 else 0
    return (
        "Without the fields that are recorded at or after the outcome it falls to "
        f"{late:.3f}: {share:.0%} of what it had above chance is theirs, and what "
        f"would be known in time tells {_grade(late)}."
    )


def _grade(area: float) -> str:
    for least, grade in ((0.8, "much"), (0.7, "something"), (0.6, "little")):
        if area >= least:
            return grade
    return "next to nothing"


def _missing(auc: float, levels: float | None, fields: float | None) -> list[str]:
    """Its area without "missing" columns, and without their fields."""
    sentences = []
    if levels is not None:
        why = (
            ": as every level has a column, the others tell as much by being all 0"
            if auc - levels < STILL
            else ""
        )
        sentences.append(
            "Without the columns that stand for what is missing it is "
            f"{levels:.3f}{why}."
        )
    if fields is not None:
        sentences.append(f"Without every field that can be missing it is {fields:.3f}.")
    return sentences


def _source(dependent: str) -> list[str]:
    """The report's statement on its own area."""
    printed = _printed_auc(dependent)
    if printed is None or printed < TOO_GOOD:
        return []
    return [
        f"The report's {printed:.3f} comes of missing information too: its section "
        "5.1.1 explains the “unusually high” values by “the large number of "
        "cases with missing data in one or a number of variables; such cases would be "
        "associated with unsuccessful outcomes”."
    ]


def coefficient_sentences(bars: Sequence[Bar], of_model: StudyModel) -> list[str]:
    """How many of the largest help, are late or mark a missing value."""
    if not bars:
        return ["Too few crimes to show any coefficient."]
    selected = of_model.model["columns_selected"]
    helping = sum(one.is_beneficial for one in bars)
    late = sum(one.is_late for one in bars)
    missing = sum(one.is_missing for one in bars)
    stable = sum(one.selected_share >= STABLE for one in bars)
    which = "the largest " if len(bars) < len(of_model.coefficients) else ""
    sentences = [
        f"Of the {plural(len(bars), 'coefficient', 'coefficients')} shown ({which}of "
        f"{selected:,} selected), {helping} {_be(helping)} beneficial and "
        f"{len(bars) - helping} adverse.",
        f"{late} {_be(late)} of fields recorded at or after the outcome, {missing} "
        f"{'means' if missing == 1 else 'mean'} that something is missing.",
        f"{stable} {_be(stable)} selected in at least {STABLE:.0%} of random halves of "
        "the training part.",
    ]
    if of_model.withheld:
        sentences.append(
            f"{of_model.withheld} of those selected {_be(of_model.withheld)} not "
            "shown: too few crimes of their level, or too few with or without the "
            "outcome."
        )
    return sentences


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def curve_sentences(curves: Sequence[Curve], dependent: str) -> list[str]:
    """Where the odds are lowest and highest by each number of officers."""
    sentences = [_curve(one, noun(dependent)) for one in curves]
    used = [one for one in curves if one.is_selected]
    if used:
        sentences.append(
            f"The band holds the middle {used[0].band:.0%} of {used[0].halves} curves, "
            "each fitted on a random half of the training part; it is not a confidence "
            "interval, as a penalty draws every curve towards none."
        )
    return sentences


def _curve(curve: Curve, outcome: str) -> str:
    name = curve.label
    if not curve.is_selected:
        return f"{name}: the penalty selects no term, so the model sees no effect."
    fewest = int(curve.officers[0])
    parts = []
    for place, word in (
        (int(np.argmin(curve.log_odds)), "lowest"),
        (int(np.argmax(curve.log_odds)), "highest"),
    ):
        if place:
            parts.append(
                f"{word} with {int(curve.officers[place])} "
                f"({_times(curve.log_odds[place])} times, band "
                f"{_times(curve.low[place])} to {_times(curve.high[place])})"
            )
        else:
            parts.append(f"{word} with the fewest")
    return f"{name}: against {fewest}, the odds of {outcome} are {' and '.join(parts)}."


def _times(log_odds: float) -> str:
    ratio = exponential(log_odds)
    if ratio is None:
        return "too many to give"
    return f"{ratio:,.0f}" if ratio >= 99.5 else f"{ratio:.2g}"


def limits(of_model: StudyModel) -> list[str]:
    """Limits of the model."""
    row = of_model.model
    stated = [
        "It shows what goes together, not what causes what: more officers log on a "
        "crime because its investigation goes on.",
        "Coefficients are shrunk, and there is no p-value or confidence interval: none "
        "is valid after a penalty has chosen.",
        "A coefficient is of its column with all other columns as they are. Every "
        "level has a column, so that it has no level to be compared with.",
    ]
    if of_model.is_shown:
        late = sum(one["recorded"] in LATE_WORDS for one in of_model.coefficients)
        stated.append(
            f"{late:,} of the {len(of_model.coefficients):,} coefficients shown are of "
            "fields recorded at or after the outcome: the model explains, and cannot "
            "be used to foresee."
        )
    if row["test_crimes"] is not None:
        stated.append("One random test part; another would give other figures.")
    return stated


@functools.cache
def _printed() -> dict[str, float]:
    """The AUC that the report prints, by outcome (tables 3 and 5)."""
    with PRINTED_METRICS.open(encoding="utf-8") as stream:
        return {
            row["model"]: float(row["value"])
            for row in csv.DictReader(stream)
            if row["metric"] == "auc" and not row["threshold"]
        }


def _printed_auc(dependent: str) -> float | None:
    return _printed().get(dependent.removeprefix("is_"))
