"""Driver models: a list, and a page for each with forest plot, card and comparisons."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from markupsafe import Markup

from linkage.base.page_templates import page_templates
from linkage.report import card_text
from linkage.report import terms as of_terms
from linkage.report.card_text import CardFacts
from linkage.report.ranks import shown_of
from linkage.report.site import sentences
from linkage.report.site.comparisons import (
    RATIO,
    comparison,
    printed_section,
    ratios_of,
    tested,
)
from linkage.report.site.figures import (
    Choice,
    Column,
    Figure,
    Page,
    Section,
    Value,
    cells,
)
from linkage.report.site.inputs import (
    COMPARISONS,
    MODELS,
    PERFORMANCE,
    TERMS,
    SiteInputs,
)
from linkage.report.wording import (
    UNSURE,
    filters_in_words,
    is_withheld,
    plural,
    stated,
    strength,
)
from ml.specification import model_order

TEMPLATES = Path(__file__).with_name("templates")
# Data of all models, for the comparison of any two.
ESTIMATES = "estimates.js"
# Number of drivers of each direction in a sentence.
SAID = 3
FOREST = (
    Column("group", "Of the"),
    Column("label", "Category"),
    Column("reference", "Against"),
    Column("stated", "Strength"),
    *RATIO,
    Column("points", "Effect, points", "points"),
    Column("is_significant", ""),
)

# What site.js reads of them: label, reference, words, odds ratio, interval, and whether
# it is significant.
ESTIMATED = (1, 2, 3, 4, 5, 6, 8)


def driver_models(inputs: SiteInputs) -> Page | None:
    """The list of driver models; None where none are fitted."""
    facts = facts_of(inputs)
    if not facts:
        return None
    sections = [Section("All models", figures=[_list(facts)])]
    if inputs.rows(COMPARISONS):
        sections.append(Section("Tested comparisons", figures=[tested(inputs)]))
    return Page(
        "drivers",
        "Drivers",
        "What goes with withdrawal when all else in the model is held equal. It shows "
        "what goes together, not what causes what.",
        sections,
    )


def model_pages(inputs: SiteInputs) -> dict[str, Callable[[], Page]]:
    """What makes the page of each driver model, by its title."""
    facts = facts_of(inputs)
    return {f"Model {name}": partial(_model_page, name, facts) for name in facts}


def facts_of(inputs: SiteInputs) -> dict[str, CardFacts]:
    """Results of each model, in their order."""
    found = {}
    for model in sorted(inputs.rows(MODELS), key=lambda one: model_order(one["model"])):
        terms = inputs.rows(TERMS, model=model["model"])
        shown = [one for one in terms if not is_withheld(one)]
        found[model["model"]] = CardFacts(
            model=model,
            shown=of_terms.read_terms(shown),
            withheld=len(terms) - len(shown),
            performance={
                (one["learner"], one["sample"]): one
                for one in inputs.rows(PERFORMANCE, model=model["model"])
            },
        )
    return found


def estimates_script(pages: Sequence[Page]) -> str:
    """The estimates of all models, which every page of a model loads."""
    content = {
        page.name: [
            [row[at] for at in ESTIMATED]
            for figure in page.figures
            if figure.name == "forest"
            for row in figure.rows
        ]
        for page in pages
        if ESTIMATES in page.scripts
    }
    return f"const estimates = {json.dumps(content, separators=(',', ':'))};\n"


def _model_page(name: str, facts: Mapping[str, CardFacts]) -> Page:
    one = facts[name]
    before, after = card_text.sections(one)
    found = [*before, *card_text.drivers(one), *after]
    sections, filters = [Section("Model card", html=card(found))], []
    if one.is_fitted:
        others = [other for other in facts if other != name and facts[other].is_fitted]
        sections.insert(0, Section("Forest plot", figures=[_forest(one)]))
        filters = [
            Choice(
                "sort",
                "Order",
                [
                    ("significant", "Significant only, by strength"),
                    ("strength", "All, by strength"),
                    ("variable", "All, by characteristic"),
                ],
                "significant",
            )
        ]
        if others:
            sections.append(
                Section(
                    "Compared with another model",
                    figures=[comparison(name, others, facts)],
                    is_printed=False,
                )
            )
            filters.append(
                Choice(
                    "other",
                    "Compare with",
                    [
                        (other, f"{other}: {facts[other].model['description']}")
                        for other in others
                    ],
                    _next(name, others),
                )
            )
        sections += printed_section(one)
    return Page(
        f"model-{name}",
        f"Model {name}: {one.model['description']}",
        card_text.about(one),
        sections,
        filters,
        of="drivers",
        scripts=[ESTIMATES],
        is_sheet=True,
    )


def _next(name: str, others: Sequence[str]) -> str:
    """The model after this one, or the first."""
    after = [one for one in others if model_order(one) > model_order(name)]
    return (after or others)[0]


def card(sections: Sequence[card_text.Section]) -> str:
    """A model's card as HTML."""
    template = page_templates(TEMPLATES).get_template("card.html.j2")
    return Markup(template.render(sections=sections))


def _forest(facts: CardFacts) -> Figure:
    return Figure(
        "forest",
        "Odds ratios with 95% interval",
        "forest",
        FOREST,
        _rows(facts),
        {"": _sentence(facts)},
        options={"outcome": facts.outcome.verb, "about": card_text.about(facts)},
        note="Over 1 is more likely, under 1 less likely. Effect: average difference "
        f"in percentage points. {UNSURE} Categories with too few cases are not shown.",
    )


def _rows(facts: CardFacts) -> list[list[Value]]:
    if not facts.is_fitted:
        return []
    return [
        [
            term.group,
            term.label,
            term.reference,
            stated(term),
            *ratios_of(term.estimate),
            None if term.estimate is None else term.estimate.marginal_effect,
            term.is_significant,
        ]
        for term in of_terms.by_variable(facts.shown)
    ]


def _sentence(facts: CardFacts) -> str:
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
    return sentences.model(more, less, total, len(facts.shown), facts.withheld)


def _list(facts: Mapping[str, CardFacts]) -> Figure:
    columns = (
        Column("model", "Model", "model"),
        Column("description", "What"),
        Column("filters", "Cases of"),
        Column("outcome", "Outcome"),
        Column("sample_size", "Cases", "count"),
        Column("events", "With the outcome", "count"),
        Column("rate", "Rate", "percent"),
        Column("nagelkerke_r2", "Nagelkerke R²", "ratio"),
        Column("auc", "AUC", "ratio"),
        Column("method", "Fit"),
    )
    rows = [
        {
            **one.model,
            "filters": filters_in_words(one.model["filters"]),
            "outcome": one.outcome.noun,
            "rate": one.rate,
            "method": one.model["method"] or f"not fitted: {one.model['note']}",
        }
        for one in facts.values()
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
    return Figure(
        "models", "Driver models", "", columns, cells(rows, columns), {"": text}
    )
