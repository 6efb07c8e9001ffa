"""A driver model next to another, to the print, and as `linkage compare` tests it."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

from linkage.base.settings import PROJECT
from linkage.report import terms as of_terms
from linkage.report.card_text import CardFacts
from linkage.report.site import sentences
from linkage.report.site.figures import Column, Figure, Section, Value, cells
from linkage.report.site.inputs import COMPARISONS, SiteInputs
from linkage.report.terms import Estimate, Term
from linkage.report.wording import plural, stated
from ml.comparison import ALL_SHARED

PUBLISHED = PROJECT / "data" / "published"
PRINTED_NAMES = Path(__file__).parents[1] / "names_of_printed_odds.csv"
RATIO = (
    Column("odds_ratio", "Odds ratio", "ratio"),
    Column("low", "95% from", "ratio"),
    Column("high", "95% to", "ratio"),
)


def compared_columns(other: str) -> tuple[Column, ...]:
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


def comparison(
    name: str, others: Sequence[str], facts: Mapping[str, CardFacts]
) -> Figure:
    """Its rows are made in the page, of the estimates of both models."""
    return Figure(
        "comparison",
        "Odds ratios of two models",
        "comparison",
        compared_columns("The other"),
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


def ratios_of(estimate: Estimate | None) -> list[Value]:
    """Odds ratio and interval, as the table shows them."""
    if estimate is None:
        return [None, None, None]
    return [digits(one) for one in (estimate.odds_ratio, estimate.low, estimate.high)]


def digits(ratio: float) -> float:
    """As the table shows it, so that the file it is saved to holds no more."""
    return float(f"{ratio:.2f}") if 0.095 <= ratio < 100 else float(f"{ratio:.2g}")


def printed_section(facts: CardFacts) -> list[Section]:
    """What the London study prints of the model, next to ours."""
    name = facts.model["model"]
    fit = [one for one in published("mopac_driver_models") if one["model"] == name]
    if not fit:
        return []
    text = (
        f"The London study prints {int(fit[0]['sample_size']):,} cases, Nagelkerke R² "
        f"{float(fit[0]['nagelkerke_r2']):.2f} and "
        f"{float(fit[0]['pct_correct_overall']):.0%} classified correctly."
    )
    odds = [one for one in published("mopac_driver_odds") if one["model"] == name]
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
                *ratios_of(estimate),
                bool(term and term.is_significant),
                f"{times:g}x {one['direction']}",
                digits(printed),
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
        (*compared_columns("Printed"), Column("discrepancy", "Note on the print")),
        rows,
        {"": sentences.printed(len(odds), shown, alike, within)},
        options={"name": "this warehouse", "other": "London study"},
        note="The study prints how many times, and no interval.",
    )


@functools.cache
def published(name: str) -> list[dict[str, str]]:
    """Rows of a file of printed figures."""
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


def tested(inputs: SiteInputs) -> Figure:
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
