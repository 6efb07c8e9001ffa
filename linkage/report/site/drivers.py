"""Driver models: a forest plot and a card each, and any two side by side."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from linkage.base.page_templates import page_templates
from linkage.report import terms as of_terms
from linkage.report.card_text import CardFacts, drivers, sections
from linkage.report.forest_content import stated
from linkage.report.ranks import shown_of
from linkage.report.site import sentences
from linkage.report.site.figures import (
    AND,
    Choice,
    Column,
    Figure,
    Page,
    Section,
    Value,
)
from linkage.report.site.inputs import SiteInputs
from linkage.report.terms import Term
from linkage.report.wording import filters_in_words, plural, strength
from ml.specification import model_order

# Number of drivers of each direction in a sentence.
SAID = 3
USUAL_MODEL = "3"
COLUMNS = (
    Column("model", "Model"),
    Column("group", "Of the"),
    Column("label", "Category"),
    Column("reference", "Against"),
    Column("stated", "Strength"),
    Column("odds_ratio", "Odds ratio", "ratio"),
    Column("low", "95% from", "ratio"),
    Column("high", "95% to", "ratio"),
    Column("points", "Effect, points", "points"),
    Column("is_significant", ""),
    Column("order", ""),
)


def driver_models(inputs: SiteInputs) -> Page | None:
    """The page of driver models; None where none are fitted."""
    facts = facts_of(inputs)
    if not facts:
        return None
    names = [*facts]
    first = USUAL_MODEL if USUAL_MODEL in facts else names[0]
    second = names[(names.index(first) + 1) % len(names)]
    options = [
        (name, f"{name}: {one.model['description']}") for name, one in facts.items()
    ]
    return Page(
        "drivers",
        "Drivers",
        "What goes with withdrawal when all else in the model is held equal. It shows "
        "what goes together, not what causes what.",
        [
            Section("Forest plot", figures=[_forest(facts)]),
            Section("Model card", html=cards(facts)),
            Section("Two models compared", figures=[_comparison(facts)]),
            Section("All models", figures=[_list(facts)]),
        ],
        [
            Choice("model", "Model", options, first),
            Choice("other", "Compare with", options, second),
            Choice(
                "sort",
                "Order",
                [
                    ("variable", "By characteristic"),
                    ("strength", "By strength"),
                    ("significant", "Significant only, by strength"),
                ],
                "significant",
            ),
        ],
    )


def facts_of(inputs: SiteInputs) -> dict[str, CardFacts]:
    """Results of each model, in their order."""
    if inputs.models is None:
        return {}
    rows = inputs.models
    return {
        model["model"]: CardFacts(
            model=model,
            shown=of_terms.read_terms(rows.terms[model["model"]]),
            withheld=rows.withheld[model["model"]],
            performance={
                (one["learner"], one["sample"]): one
                for one in inputs.performance
                if one["model"] == model["model"]
            },
        )
        for model in sorted(rows.models, key=lambda one: model_order(one["model"]))
    }


def _forest(facts: Mapping[str, CardFacts]) -> Figure:
    rows: list[Sequence[Value]] = []
    for name, one in facts.items():
        if one.is_fitted:
            ordered = of_terms.by_variable(one.shown)
            rows += [_row(name, at, term) for at, term in enumerate(ordered)]
    return Figure(
        "forest",
        "Odds ratios with 95% interval",
        "forest",
        COLUMNS,
        rows,
        {name: _sentence(name, one) for name, one in facts.items()},
        by=("model",),
        options={"outcomes": {name: one.outcome.verb for name, one in facts.items()}},
        note="Over 1 is more likely, under 1 less likely. Effect: average "
        "difference in percentage points. † Unsure: few or no cases with, or without, "
        "the outcome. Categories with too few cases are not shown.",
    )


def _row(model: str, at: int, term: Term) -> list[Value]:
    estimate = term.estimate
    known: list[Value] = [None, None, None, None]
    if estimate is not None:
        known = [
            _digits(estimate.odds_ratio),
            _digits(estimate.low),
            _digits(estimate.high),
            round(estimate.marginal_effect, 3),
        ]
    return [
        model,
        term.group,
        term.label,
        term.reference,
        stated(term),
        *known,
        term.is_significant,
        at,
    ]


def _digits(ratio: float) -> float:
    """As the table shows it, so that the file it is saved to holds no more."""
    return float(f"{ratio:.2f}") if 0.095 <= ratio < 100 else float(f"{ratio:.2g}")


def _sentence(name: str, facts: CardFacts) -> str:
    if not facts.is_fitted:
        return f"Model {name} could not be fitted: {facts.model['note']}."
    found = [
        (one.estimate, one)
        for one in of_terms.strongest(facts.shown, len(facts.shown))
        if one.estimate is not None and one.is_significant and not one.is_unsure
    ]
    more, less = (
        [
            f"{term.label} ({strength(estimate).split()[0]})"
            for estimate, term in found
            if estimate.is_more_likely == is_more
        ][:SAID]
        for is_more in (True, False)
    )
    total = sum(one.is_significant for one in facts.shown)
    return sentences.model(name, more, less, total, len(facts.shown), facts.withheld)


def _comparison(facts: Mapping[str, CardFacts]) -> Figure:
    said_of = {}
    estimates = {name: _by_category(one) for name, one in facts.items()}
    for one, other in itertools.combinations(facts, 2):
        said_of[AND.join([one, other])] = _compared(one, other, estimates)
    for one in facts:
        said_of[AND.join([one, one])] = f"Model {one} is compared with itself."
    return Figure(
        "comparison",
        "Odds ratios of two models",
        "comparison",
        (
            Column("label", "Category"),
            Column("reference", "Against"),
            Column("stated_one", "First model"),
            Column("ratio_one", "Odds ratio, first", "ratio"),
            Column("stated_other", "Second model"),
            Column("ratio_other", "Odds ratio, second", "ratio"),
        ),
        [],
        said_of,
        by=("model", "other"),
        options={"from": "forest"},
        note="Two odds ratios that look different need not be: “linkage compare” tests "
        "them.",
    )


def _by_category(facts: CardFacts) -> dict[tuple[str, str], Term]:
    if not facts.is_fitted:
        return {}
    return {(one.label, one.reference): one for one in facts.shown if one.estimate}


def _compared(
    one: str, other: str, estimates: Mapping[str, Mapping[tuple[str, str], Term]]
) -> str:
    mine, theirs = estimates[one], estimates[other]
    shared = [key for key in mine if key in theirs]
    pairs = [(mine[key], theirs[key]) for key in shared]
    alike = opposite = 0
    only = [0, 0]
    for first, second in pairs:
        if first.is_significant and second.is_significant:
            is_alike = _is_more(first) == _is_more(second)
            alike += is_alike
            opposite += not is_alike
        else:
            only[0] += first.is_significant
            only[1] += second.is_significant
    return sentences.comparison(
        one, other, len(shared), alike, opposite, (only[0], only[1])
    )


def _is_more(term: Term) -> bool:
    return term.estimate is not None and term.estimate.is_more_likely


def _list(facts: Mapping[str, CardFacts]) -> Figure:
    columns = (
        Column("model", "Model"),
        Column("description", "What"),
        Column("filters", "Cases of"),
        Column("outcome", "Outcome"),
        Column("cases", "Cases", "count"),
        Column("events", "With the outcome", "count"),
        Column("rate", "Rate", "percent"),
        Column("r2", "Nagelkerke R²", "ratio"),
        Column("auc", "AUC", "ratio"),
        Column("method", "Fit"),
    )
    rows: list[list[Value]] = [
        [
            name,
            one.model["description"],
            filters_in_words(one.model["filters"]),
            one.outcome.noun,
            one.model["sample_size"],
            one.model["events"],
            _rate(one),
            _two(one.model["nagelkerke_r2"]),
            _two(one.model["auc"]),
            one.model["method"] or "not fitted",
        ]
        for name, one in facts.items()
    ]
    fitted = sum(one.is_fitted for one in facts.values())
    text = f"{fitted} of {plural(len(facts), 'model', 'models')} could be fitted."
    known = sorted(
        (one for one in facts.values() if one.model["auc"] is not None),
        key=lambda one: float(one.model["auc"]),
    )
    if known:
        worst, best = known[0].model, known[-1].model
        of = shown_of(len(known), fitted - len(known), "model", "models")
        text += (
            f" On the cases they saw, {of}, AUC is from {worst['auc']:.2f} (model "
            f"{worst['model']}) to {best['auc']:.2f} (model {best['model']}); 0.5 is "
            "chance, and models of few cases look better than they are."
        )
    return Figure("models", "Driver models", "", columns, rows, {"": text})


def _rate(facts: CardFacts) -> float | None:
    cases, events = facts.model["sample_size"], facts.model["events"]
    return None if None in (cases, events) else round(events / cases, 3)


def _two(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def cards(facts: Mapping[str, CardFacts]) -> str:
    """Every model's card; the page shows that of the model that is chosen."""
    environment = page_templates(Path(__file__).with_name("templates"))
    template = environment.get_template("cards.html.j2")
    made: list[dict[str, Any]] = []
    for name, one in facts.items():
        before, after = sections(one)
        made.append(
            {
                "model": name,
                "description": one.model["description"],
                "sections": [*before, *drivers(one), *after],
            }
        )
    return Markup(template.render(cards=made))
