"""Driver models: a list, and a page for each with forest plot, card and comparisons."""

from __future__ import annotations

import csv
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from markupsafe import Markup

from linkage.base.page_templates import page_templates
from linkage.base.settings import PROJECT
from linkage.report import card_text
from linkage.report import terms as of_terms
from linkage.report.card_text import CardFacts
from linkage.report.ranks import shown_of
from linkage.report.site import sentences
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
from linkage.report.terms import Estimate, Term
from linkage.report.wording import (
    UNSURE,
    filters_in_words,
    is_withheld,
    plural,
    stated,
    strength,
)
from ml.comparison import ALL_SHARED
from ml.specification import model_order

TEMPLATES = Path(__file__).with_name("templates")
PUBLISHED = PROJECT / "data" / "published"
PRINTED_NAMES = Path(__file__).parents[1] / "names_of_printed_odds.csv"
# Data of all models, for the comparison of any two.
ESTIMATES = "estimates.js"
# Number of drivers of each direction in a sentence.
SAID = 3
RATIO = (
    Column("odds_ratio", "Odds ratio", "ratio"),
    Column("low", "95% from", "ratio"),
    Column("high", "95% to", "ratio"),
)
FOREST = (
    Column("group", "Of the"),
    Column("label", "Category"),
    Column("reference", "Against"),
    Column("stated", "Strength"),
    *RATIO,
    Column("points", "Effect, points", "points"),
    Column("is_significant", ""),
)


def driver_models(inputs: SiteInputs) -> Page | None:
    """The list of driver models; None where none are fitted."""
    facts = facts_of(inputs)
    if not facts:
        return None
    sections = [Section("All models", figures=[_list(facts)])]
    if inputs.rows(COMPARISONS):
        sections.append(Section("Tested comparisons", figures=[_tests(inputs)]))
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
            dict(zip((one.name for one in FOREST), row, strict=True))
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
                    figures=[_comparison(name, others, facts)],
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
        sections += _printed(one)
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
            *_figures(term.estimate),
            None if term.estimate is None else term.estimate.marginal_effect,
            term.is_significant,
        ]
        for term in of_terms.by_variable(facts.shown)
    ]


def _figures(estimate: Estimate | None) -> list[Value]:
    """Odds ratio and interval, as the table shows them."""
    if estimate is None:
        return [None, None, None]
    return [_digits(one) for one in (estimate.odds_ratio, estimate.low, estimate.high)]


def _digits(ratio: float) -> float:
    """As the table shows it, so that the file it is saved to holds no more."""
    return float(f"{ratio:.2f}") if 0.095 <= ratio < 100 else float(f"{ratio:.2g}")


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


def _compared_columns(other: str) -> tuple[Column, ...]:
    """Columns of a chart of two: this model, and what it is compared with."""
    return (
        Column("label", "Category"),
        Column("reference", "Against"),
        Column("stated", "This model"),
        *RATIO,
        Column("is_significant", ""),
        Column("other_stated", other),
        Column("other_odds_ratio", f"Odds ratio, {other.lower()}", "ratio"),
        Column("other_low", "", "ratio"),
        Column("other_high", "", "ratio"),
        Column("other_is_significant", ""),
    )


def _comparison(
    name: str, others: Sequence[str], facts: Mapping[str, CardFacts]
) -> Figure:
    """Its rows are made in the page, of the estimates of both models."""
    return Figure(
        "comparison",
        "Odds ratios of two models",
        "comparison",
        _compared_columns("The other"),
        [],
        {other: _compared(name, other, facts) for other in others},
        by=("other",),
        options={"name": f"model {name}", "other": "model"},
        note="Two odds ratios that look different need not be: “linkage compare” tests "
        "them. The chart has at most 25 categories, those furthest from 1.",
    )


def _compared(one: str, other: str, facts: Mapping[str, CardFacts]) -> str:
    mine, theirs = (_by_category(facts[name]) for name in (one, other))
    shared = [key for key in mine if key in theirs]
    alike = opposite = 0
    only = [0, 0]
    for first, second in ((mine[key], theirs[key]) for key in shared):
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


def _by_category(facts: CardFacts) -> dict[tuple[str, str], Term]:
    return {(one.label, one.reference): one for one in facts.shown if one.estimate}


def _is_more(term: Term) -> bool:
    return term.estimate is not None and term.estimate.is_more_likely


def _printed(facts: CardFacts) -> list[Section]:
    """What the London study prints of the model, next to ours."""
    name = facts.model["model"]
    fit = [one for one in _published("mopac_driver_models") if one["model"] == name]
    if not fit:
        return []
    text = (
        f"The London study prints {int(fit[0]['sample_size']):,} cases, Nagelkerke R² "
        f"{float(fit[0]['nagelkerke_r2']):.2f} and "
        f"{float(fit[0]['pct_correct_overall']):.0%} classified correctly."
    )
    odds = [one for one in _published("mopac_driver_odds") if one["model"] == name]
    figures = [_printed_odds(facts, odds)] if odds else []
    return [Section("Against the London study", [text], figures, is_printed=False)]


def _printed_odds(facts: CardFacts, odds: Sequence[Mapping[str, str]]) -> Figure:
    names = _printed_names()
    ours = {
        (one.variable.removesuffix("_detail"), one.category): one for one in facts.shown
    }
    rows: list[list[Value]] = []
    alike = within = shown = 0
    for one in odds:
        term = ours.get(names.get(one["variable"], ("", "")))
        estimate = term.estimate if term else None
        is_more = one["direction"] == of_terms.MORE_LIKELY
        times = float(one["times"])
        printed = times if is_more else 1 / times
        if estimate is not None:
            shown += 1
            alike += estimate.is_more_likely == is_more
            within += estimate.low <= printed <= estimate.high
        rows.append(
            [
                one["variable"],
                term.reference if term else None,
                stated(term) if term else "not shown",
                *_figures(estimate),
                bool(term and term.is_significant),
                f"{times:g}x {one['direction']}",
                _digits(printed),
                None,
                None,
                True,
                one["discrepancy"] or None,
            ]
        )
    return Figure(
        "printed",
        "Odds ratios here and in the London study",
        "comparison",
        (*_compared_columns("Printed"), Column("discrepancy", "Note on the print")),
        rows,
        {"": sentences.printed(len(odds), shown, alike, within)},
        options={"name": "this warehouse", "other": "London study"},
        note="The study prints how many times, and no interval.",
    )


@functools.cache
def _published(name: str) -> list[dict[str, str]]:
    """Printed figures of a file of `data/published`."""
    with (PUBLISHED / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@functools.cache
def _printed_names() -> dict[str, tuple[str, str]]:
    """Our variable and category of each printed one."""
    with PRINTED_NAMES.open(encoding="utf-8", newline="") as stream:
        return {
            row["variable"]: (row["ours_variable"], row["ours_category"])
            for row in csv.DictReader(stream)
        }


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


def _tests(inputs: SiteInputs) -> Figure:
    """Comparisons that `linkage compare` made, the surest differences first."""
    rows = [
        {**one, "different": "yes" if one["is_different"] else "no"}
        for one in inputs.rows(COMPARISONS)
        if one["variable"] != ALL_SHARED
    ]
    rows.sort(key=lambda one: (one["comparison"], one["p_value"] or 0))
    columns = (
        Column("comparison", "Comparison"),
        Column("variable", "Variable"),
        Column("category", "Category"),
        Column("reference_category", "Against"),
        Column("odds_ratio_first", "First", "ratio"),
        Column("odds_ratio_second", "Second", "ratio"),
        Column("ratio", "Ratio", "ratio"),
        Column("ratio_low", "95% from", "ratio"),
        Column("ratio_high", "95% to", "ratio"),
        Column("different", "Different"),
    )
    different = sum(one["is_different"] for one in rows)
    text = (
        f"Of {plural(len(rows), 'odds ratio', 'odds ratios')} compared "
        f"{different or 'none'} {'differs' if different < 2 else 'differ'} at 95%, "
        "many tests allowed for (Holm)."
    )
    return Figure(
        "tests",
        "Odds ratios that “linkage compare” has tested",
        "",
        columns,
        cells(rows, columns),
        {"": text},
    )
