"""Plain words for numbers, outcomes, filters and drivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from linkage.report.terms import Estimate, Term
from ml.drivers import TOO_WIDE
from ml.fitting import STAND_IN
from ml.specification import ALL_CASES

# A count that is released only as this (docs/disclosure.md).
FEWER = "fewer than 10"
RULES = (
    "Counts are rounded at random to a multiple of 5, each by itself, and not given "
    "below 10."
)
DAGGER = "†"
UNSURE = f"{DAGGER} Unsure: few or no cases with, or without, the outcome."
NO_ESTIMATE = "no estimate"
# Why a category has no estimate (ml.fitting), in few words.
REASONS = {
    "no cases": "no cases",
    "every case": "true of every case",
    "a combination of other columns": "given by other columns",
    STAND_IN: "compared with",
}


@dataclass(frozen=True)
class Outcome:
    """A dependent variable: as a noun, as a verb of victims, and as its past form."""

    noun: str
    verb: str
    past: str


OUTCOMES = {
    "is_victim_withdrawal": Outcome("withdrawal", "withdraw", "withdrew"),
    "is_completed_within_4_weeks": Outcome(
        "early withdrawal", "withdraw within 4 weeks", "withdrew within 4 weeks"
    ),
    "is_completed_within_12_weeks": Outcome(
        "early withdrawal", "withdraw within 12 weeks", "withdrew within 12 weeks"
    ),
}
CRIMES = {
    "is_domestic_abuse": "domestic abuse",
    "is_adult_sexual_offence": "adult sexual offence",
    "is_adult_rape": "adult rape",
    "is_child_sexual_abuse": "child sexual abuse",
    "is_stalking": "stalking",
    "is_hate_crime": "hate crime",
    "is_serious_youth_violence": "serious youth violence",
}
SUSPECT_RECORDED = "is_suspect_recorded"
SUSPECTS = {
    "is_suspect_known_to_victim": "whom the victim knows",
    "not is_suspect_known_to_victim": "whom the victim does not know",
    "is_suspect_current_or_ex_partner": "who is the current or ex-partner",
    "not is_suspect_current_or_ex_partner": "who is not the current or ex-partner",
}
ENDINGS = {
    "is_victim_withdrawal": "in which the victim withdrew",
    "not is_victim_withdrawal": "in which the victim did not withdraw",
    "is_withdrawal_or_judicial": "that ended in withdrawal or a judicial outcome",
}
MARKS = {
    "victim_transgender_or_non_binary": "the victim was transgender or non-binary",
    "victim_physical_disability": "the victim had a physical disability",
    "victim_mental_health_disability": "the victim had a mental health disability",
    "victim_other_disability": "the victim had another disability",
    "victim_intimidated": "the victim was intimidated",
    "repeat_victim": "the victim was a repeat victim",
    "victim_injured": "the victim was injured",
    "suspect_recorded": "a suspect was recorded",
    "suspect_known_to_victim": "the victim knew the suspect",
    "suspect_arrested_on_scene": "the suspect was arrested on scene",
    "suspect_arrested_or_interviewed_later": (
        "the suspect was arrested or interviewed later"
    ),
    "suspect_disability": "the suspect had a disability",
}


def outcome_in_words(dependent: str) -> Outcome:
    """The dependent variable of a model; one that is not known by its column's name."""
    words = column_in_words(dependent)
    fallback = Outcome(words, f"have “{words}”", f"had “{words}”")
    return OUTCOMES.get(dependent, fallback)


def column_in_words(column: str) -> str:
    """`is_some_thing` as "some thing"."""
    words = column.removeprefix("is_").removeprefix("has_")
    return words.replace("_", " ").replace("pnc", "PNC").strip()


def filters_in_words(filters: str) -> str:
    """The cases of a model, from `drivers.models.filters`.

    "is_suspect_recorded and is_stalking" is "stalking cases with a recorded suspect".
    """
    if filters == ALL_CASES:
        return ALL_CASES
    parts = filters.split(" and ")
    crimes = [_crime(part) for part in parts if _crime(part)]
    others = [
        f"where {_condition(part)}"
        for part in parts
        if not _crime(part)
        and part.removeprefix("not ") != SUSPECT_RECORDED
        and part not in SUSPECTS
        and part not in ENDINGS
    ]
    endings = [ENDINGS[part] for part in parts if part in ENDINGS]
    who = _suspect(parts)
    comma = "," if who and any(one.startswith("in ") for one in endings) else ""
    words = " ".join([*crimes, "cases", *who]) + comma
    return " ".join([words, *endings, " and ".join(others)]).strip()


def count_in_words(count: int | None) -> str:
    """A released number of cases."""
    return FEWER if count is None else f"{count:,}"


def plural(count: int, one: str, many: str) -> str:
    """The count with its noun: 1 category, 3 categories."""
    return f"{count:,} {one if count == 1 else many}"


def times_in_figures(times: float) -> str:
    """2.13 as "2.1", 1.04 as "1.04", 312.4 as "312"."""
    if times >= 99.95:
        return f"{times:,.0f}"
    return f"{times:.2f}" if times < 1.095 else f"{times:.1f}"


def strength(estimate: Estimate) -> str:
    """As the London study prints it: "2.1x more likely"."""
    return f"{times_in_figures(estimate.times)}x {estimate.direction}"


def stated(term: Term) -> str:
    """A category's estimate in few words, or why it has none."""
    if term.estimate is None:
        return reason(term.note) or NO_ESTIMATE
    mark = f" {DAGGER}" if term.note else ""
    if not term.is_significant:
        return f"not significant{mark}"
    return f"{strength(term.estimate)}{mark}"


def reason(note: str | None) -> str | None:
    """Why a category has no estimate, if that is not for too few cases."""
    if TOO_WIDE in (note or ""):
        return "too unsure to give"
    return REASONS.get(note or "")


def is_withheld(row: Mapping[str, Any]) -> bool:
    """Are there too few cases with, or without, the outcome to show the estimate?"""
    has_reason = not row["fewer_than_10"] and reason(row["note"]) is not None
    return row["odds_ratio"] is None and not has_reason


def not_shown(withheld: int) -> str:
    """Footnote on categories that have too few cases to be shown."""
    few = "with too few cases, or too few with or without the outcome,"
    return (
        f"{plural(withheld, 'category', 'categories')} {few} "
        f"{'is' if withheld == 1 else 'are'} not shown."
    )


def driver_sentence(term: Term, estimate: Estimate, outcome: Outcome) -> str:
    """One driver as a sentence, with interval and percentage points.

    "Times" compares odds; of a driver that makes the outcome less likely the
    interval is that of the inverse odds ratio.
    """
    low, high = estimate.low, estimate.high
    if not estimate.is_more_likely:
        low, high = 1 / high, 1 / low
    return (
        f"Victims were {times_in_figures(estimate.times)} times {estimate.direction} "
        f"to {outcome.verb} {_compared(term)} (95% interval {times_in_figures(low)} to "
        f"{times_in_figures(high)}), {_points(estimate)}."
    )


def _compared(term: Term) -> str:
    if term.is_yes_no:
        return f"where {_mark(term)} than where not"
    variable = column_in_words(term.variable).removesuffix(" detail")
    for person in ("victim", "suspect"):
        if variable.startswith(f"{person} "):
            variable = variable.replace(f"{person} ", f"{person}'s ", 1)
    return f"where the {variable} was “{term.category}” rather than “{term.reference}”"


def _mark(term: Term) -> str:
    if term.variable in MARKS:
        return MARKS[term.variable]
    if term.variable.endswith("_flag"):
        flag = column_in_words(term.variable.removesuffix("_flag"))
        return f"the case was flagged as {flag}"
    return f"“{term.label}” was recorded"


def _points(estimate: Estimate) -> str:
    points = abs(estimate.marginal_effect) * 100
    direction = "more" if estimate.is_more_likely else "less"
    if points < 0.05:
        return f"under 0.1 percentage points {direction}"
    figure = f"{points:.1f}" if points < 0.95 else f"{points:.0f}"
    unit = "point" if figure == "1" else "points"
    return f"about {figure} percentage {unit} {direction}"


def _crime(part: str) -> str:
    if part.startswith("crime_type__"):
        return column_in_words(part.removeprefix("crime_type__"))
    return CRIMES.get(part, "")


def _suspect(parts: Sequence[str]) -> list[str]:
    if f"not {SUSPECT_RECORDED}" in parts:
        return ["without a recorded suspect"]
    which = " and ".join(SUSPECTS[part] for part in parts if part in SUSPECTS)
    recorded = SUSPECT_RECORDED in parts
    if not recorded and not which:
        return []
    return [f"with a {'recorded ' if recorded else ''}suspect {which}".strip()]


def _condition(part: str) -> str:
    column = part.removeprefix("not ")
    negation = " not" if part != column else ""
    variable, is_category, category = column.partition("__")
    if is_category:
        return f"{column_in_words(variable)} is{negation} “{column_in_words(category)}”"
    return f"“{column_in_words(column)}” holds{negation and ' not'}"
