"""The sections of a model card, in words a policy reader can use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from linkage.report import terms as of_terms
from linkage.report.ranks import released_share
from linkage.report.terms import UNKNOWN, Estimate, Term
from linkage.report.wording import (
    Outcome,
    column_in_words,
    count_in_words,
    driver_sentence,
    filters_in_words,
    not_shown,
    outcome_in_words,
    plural,
)
from ml.boosting import BOOSTING
from ml.boosting import SAMPLE as BOOSTED_SAMPLE
from ml.drivers import LOGISTIC
from ml.fitting import MAXIMUM_LIKELIHOOD
from ml.specification import ALL_CASES
from ml.validation import CROSS_VALIDATED, OUT_OF_TIME

# Number of sentences on drivers in each direction.
SENTENCES = 3
SIGNIFICANT = 0.05
# Smaller shares of unknowns are not distinguished.
RARE = 0.001
# Separator of the parts of a model's note (ml.drivers).
PENALISED, LEFT_OUT = "penalised fit", "left out"
# Number of cases of the sites that a model leaves out: with a model that keeps them, a
# difference.
LEFT_OUT_CASES = re.compile(r" \(\d[\d,]* cases?\)")
Performances = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class Section:
    """A heading, sentences under it, and a list under them."""

    heading: str
    sentences: list[str]
    items: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class CardFacts:
    """A model with its results.

    `model` is a row of `release.models`, `shown` are its terms, `withheld` is the
    number of those with too few cases, `performance` its rows of `release.performance`
    by learner and sample.
    """

    model: Mapping[str, Any]
    shown: Sequence[Term]
    withheld: int
    performance: Performances

    @property
    def outcome(self) -> Outcome:
        """The model's subject, in words."""
        return outcome_in_words(self.model["dependent"])

    @property
    def is_fitted(self) -> bool:
        """Has the model estimates?"""
        return self.model["method"] is not None

    @property
    def rate(self) -> float | None:
        """Share of the cases with the outcome."""
        return released_share(self.model["events"], self.model["sample_size"])

    @property
    def estimates(self) -> list[Estimate]:
        """Estimates of the terms that are shown."""
        return [one.estimate for one in self.shown if one.estimate is not None]


def sections(facts: CardFacts) -> tuple[list[Section], list[Section]]:
    """Texts before the drivers and after them."""
    before = [_question(facts), _population(facts)]
    if not facts.is_fitted:
        why = f"The model could not be fitted: {facts.model['note']}."
        return [*before, Section("Not fitted", [why])], [_use()]
    return (
        [*before, _left_out(facts), _missing(facts)],
        [_quality(facts), _use(), _limits(facts)],
    )


def about(facts: CardFacts) -> str:
    """Size and fit of a model, in a line."""
    model = facts.model
    parts = [f"{count_in_words(model['sample_size'])} cases"]
    if facts.rate is not None:
        parts.append(f"{model['events']:,} {facts.outcome.past} ({facts.rate:.1%})")
    if model["nagelkerke_r2"] is not None:
        parts.append(f"Nagelkerke R² {model['nagelkerke_r2']:.2f}")
    if model["auc"] is not None:
        parts.append(f"AUC {model['auc']:.2f}")
    if model["method"] not in (None, MAXIMUM_LIKELIHOOD):
        parts.append(model["method"])
    return "; ".join(parts)


def _question(facts: CardFacts) -> Section:
    present = {one.group for one in facts.shown} or set(of_terms.GROUPS)
    groups = _and([f"the {one}" for one in of_terms.GROUPS if one in present])
    return Section(
        "The question",
        [
            f"Which features of {groups} go together with victims being more, or less, "
            f"likely to {facts.outcome.verb}?"
        ],
    )


def _population(facts: CardFacts) -> Section:
    cases = facts.model["sample_size"]
    count = count_in_words(cases)
    population = filters_in_words(facts.model["filters"])
    if population == ALL_CASES:
        sentences = [f"All cases: {count}."]
    elif cases is None:
        sentences = [f"{population[0].upper()}{population[1:]} ({count})."]
    else:
        sentences = [f"{count} {population}."]
    if facts.rate is not None:
        sentences.append(
            f"In {facts.model['events']:,} of them ({facts.rate:.1%}) the victim "
            f"{facts.outcome.past}."
        )
    return Section("Which cases", sentences + _notes(facts, is_left_out=False))


def _left_out(facts: CardFacts) -> Section:
    unknown = f"Cases where it is not known whether the victim {facts.outcome.past}."
    return Section("Left out", [unknown, *_notes(facts, is_left_out=True)])


def _notes(facts: CardFacts, *, is_left_out: bool) -> list[str]:
    """The model's note on its cases; its method has a separate sentence."""
    return [
        f"{LEFT_OUT_CASES.sub('', part)}."
        for part in (facts.model["note"] or "").split("; ")
        if facts.is_fitted
        and part
        and PENALISED not in part
        and (LEFT_OUT in part) == is_left_out
    ]


def _missing(facts: CardFacts) -> Section:
    size = facts.model["sample_size"]
    unknown = [
        (share, column_in_words(one.variable))
        for one in facts.shown
        if one.category == UNKNOWN
        and (share := released_share(one.cases, size)) is not None
    ]
    unknown.sort(key=lambda pair: (-pair[0], pair[1]))
    listed = [f"{name} {share:.1%}" for share, name in unknown if share >= RARE]
    rare = [name for share, name in unknown if share < RARE]
    sentences = []
    if listed:
        sentences.append(f"Share of the cases: {', '.join(listed)}.")
    if rare:
        sentences.append(f"Under {RARE:.1%} each: {', '.join(rare)}.")
    if not unknown:
        sentences.append("No share that may be shown.")
    sentences.append(
        "Cases like these stay in, as a category of their own. A yes/no mark that is "
        "not recorded counts as No."
    )
    return Section("Not known", sentences)


def drivers(facts: CardFacts) -> list[Section]:
    """The strongest drivers as sentences, those that make it more likely first."""
    if not facts.is_fitted:
        return []
    return [
        Section(
            f"{'More' if is_more else 'Less'} likely to {facts.outcome.verb}",
            [],
            _strongest_in_words(facts, is_more=is_more),
        )
        for is_more in (True, False)
    ]


def _strongest_in_words(facts: CardFacts, *, is_more: bool) -> list[str]:
    stated = [
        driver_sentence(term, estimate, facts.outcome)
        for term, estimate in _sure(facts)
        if estimate.is_more_likely == is_more
    ]
    return stated[:SENTENCES] or [
        "None of the categories shown is significant and sure in this direction."
    ]


def _sure(facts: CardFacts) -> list[tuple[Term, Estimate]]:
    """Significant terms without a caveat, the strongest first."""
    return [
        (one, one.estimate)
        for one in of_terms.strongest(facts.shown, len(facts.shown))
        if one.estimate is not None and one.is_significant and not one.is_unsure
    ]


def _quality(facts: CardFacts) -> Section:
    model = facts.model
    if model["nagelkerke_r2"] is None:
        return Section("How good the model is", ["Too few cases to say."])
    sentences = [
        f"It explains {model['nagelkerke_r2']:.0%} of the variation (Nagelkerke R² = "
        f"{model['nagelkerke_r2']:.2f}) and classifies "
        f"{model['pct_correct_overall']:.0%} of the cases correctly."
    ]
    if model["auc"] is not None:
        sentences.append(_discrimination(facts))
    unseen = facts.performance.get((LOGISTIC, CROSS_VALIDATED), {})
    sentences += _on_unseen(unseen, "Cross-validated")
    later = facts.performance.get((LOGISTIC, OUT_OF_TIME), {})
    sentences += _on_unseen(later, "On the latest months, fitted on the earlier ones")
    flexible = facts.performance.get((BOOSTING, BOOSTED_SAMPLE), {})
    if flexible.get("auc") is not None:
        sentences.append(
            "A more flexible method (gradient boosting) reaches a cross-validated AUC "
            f"of {flexible['auc']:.2f}."
        )
    return Section("How good the model is", sentences)


def _discrimination(facts: CardFacts) -> str:
    model = facts.model
    area = model["auc"]
    interval = ""
    if model["auc_low"] is not None:
        interval = f", 95% interval {model['auc_low']:.2f} to {model['auc_high']:.2f}"
    return (
        f"It tells cases apart {_grade(area)}: of a victim who {facts.outcome.past} "
        f"and one who did not, it finds the right one in {area * 100:.0f} of 100 pairs "
        f"(AUC = {area:.2f}{interval}; 50 would be chance)."
    )


def _grade(area: float) -> str:
    for least, grade in ((0.8, "well"), (0.7, "fairly well"), (0.6, "modestly")):
        if area >= least:
            return grade
    return "poorly"


def _on_unseen(found: Mapping[str, Any], where: str) -> list[str]:
    if found.get("auc") is None:
        return []
    sentence = f"{where}: AUC = {found['auc']:.2f}"
    slope = found["calibration_slope"]
    if slope is not None:
        sentence += f", calibration slope = {slope:.2f} ({_calibration(slope)})"
    return [f"{sentence}."]


def _calibration(slope: float) -> str:
    if slope < 0.9:
        return "under 1: its probabilities are too extreme"
    if slope > 1.1:
        return "over 1: its probabilities are too cautious"
    return "close to the ideal 1"


def _limits(facts: CardFacts) -> Section:
    return Section(
        "What it cannot say",
        ["It shows what goes together, not what causes what."],
        [
            _many_tests(facts),
            *_alike(facts),
            *_unrecorded_causes(facts),
            *_unsure(facts),
        ],
    )


def _unrecorded_causes(facts: CardFacts) -> list[str]:
    for term, estimate in _sure(facts)[:1]:
        if estimate.e_value is not None and estimate.e_value_bound is not None:
            return [
                f"To explain away the strongest driver shown ({term.label}), something "
                "not recorded would have to go with both it and "
                f"{facts.outcome.noun} by a factor of {estimate.e_value:.1f}; "
                f"{estimate.e_value_bound:.1f} would make it uncertain (E-value)."
            ]
    return []


def _many_tests(facts: CardFacts) -> str:
    found = [one for one in facts.estimates if one.is_significant]
    kept = [
        one
        for one in found
        if one.p_value_holm is not None and one.p_value_holm < SIGNIFICANT
    ]
    return (
        f"Of {plural(len(facts.estimates), 'category', 'categories')} shown with an "
        f"estimate, {len(found) or 'none'} {'is' if len(found) < 2 else 'are'} "
        f"significant (p < 0.05); {len(kept) or 'none'} "
        f"{'remains' if len(kept) < 2 else 'remain'} so when the number of tests is "
        "allowed for (Holm)."
    )


def _alike(facts: CardFacts) -> list[str]:
    robust = [
        one.cluster_p_value
        for one in facts.estimates
        if one.is_significant and one.cluster_p_value is not None
    ]
    if not robust:
        return []
    lost = sum(value >= SIGNIFICANT for value in robust)
    return [
        f"Of the significant ones shown, {lost or 'none'} "
        f"{'loses' if lost < 2 else 'lose'} significance when cases of a borough are "
        "allowed to be alike "
        f"({plural(facts.model['clusters'], 'borough', 'boroughs')})."
    ]


def _unsure(facts: CardFacts) -> list[str]:
    sentences = []
    if facts.model["method"] != MAXIMUM_LIKELIHOOD:
        sentences.append(
            "Some categories have none or only of the outcome, so the whole model is "
            f"fitted by {facts.model['method']}."
        )
    unsure = sum(one.is_unsure for one in facts.shown)
    if unsure:
        are = "is" if unsure == 1 else "are"
        sentences.append(
            f"{plural(unsure, 'estimate', 'estimates')} marked † {are} unsure and left "
            "out of the sentences above."
        )
    without = sum(one.estimate is None for one in facts.shown)
    if without:
        have = "has" if without == 1 else "have"
        sentences.append(
            f"{plural(without, 'category', 'categories')} {have} no estimate."
        )
    if facts.withheld:
        sentences.append(not_shown(facts.withheld))
    return sentences


def _use() -> Section:
    return Section(
        "Who it is for",
        [
            "For policy and performance leads who ask where withdrawal concentrates "
            "and what to look into next.",
            "Not for decisions about an individual victim or case, and not for scoring "
            "victims or officers.",
        ],
    )


def _and(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
