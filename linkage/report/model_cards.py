"""Writes forest plots and a one-page card for each published driver model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from linkage.base.errors import LinkageError
from linkage.disclosure.pages import PageRows, page_rows, rows_of
from linkage.report import terms as of_terms
from linkage.report.card_text import CardFacts, drivers, rate_in_words, sections
from linkage.report.forest_content import UNSURE, stated
from linkage.report.forest_plots import draw_forest, forest_svg
from linkage.report.pages import about, embedded, render
from linkage.report.wording import (
    count_in_words,
    outcome_in_words,
    plural,
)
from ml.specification import model_order

CARD_PAGE = "card.html"
CARD, INDEX = "model_card.html.j2", "model_index.html.j2"
# Number of drivers that fit on the card.
MOST_ON_CARD = 12

Row = dict[str, Any]


def write_pages(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    models: Sequence[str] = (),
    rows: PageRows | None = None,
) -> list[Path]:
    """Write plots and a card of each model, or of those named.

    `connection` reads the published warehouse: schema `drivers`, and
    `quality.deliveries` and `quality.publications`. Into `folder` goes for each model
    `model_<id>/` with `forest` and `forest_short` as SVG and PNG and `card.html`.
    Counts in them are suppressed and rounded as in an export: `rows` is the result of
    `disclosure.pages` on that warehouse, which is the default. Raises LinkageError for
    a model that is not published.
    """
    published = published_models(connection)
    _check_known(models, published)
    rows = rows or page_rows(connection)
    said_of_all = about(connection, rows.rules)
    written = []
    for row in _in_order(rows.models):
        if not models or row["model"] in models:
            facts = _facts(connection, row, rows)
            own = folder / f"model_{row['model']}"
            written += _write_model(own, facts, rows.terms[row["model"]], said_of_all)
    return written


def write_index(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    rows: PageRows | None = None,
    failed: Mapping[str, str] | None = None,
) -> Path:
    """Write `folder/index.html`: every published model, with a link to its card.

    `failed` gives the reason for each model whose card could not be written.
    """
    listed = []
    rows = rows or page_rows(connection)
    for row in _in_order(rows.models):
        model = row["model"]
        summary = _summary(CardFacts(row, (), rows.withheld[model], {}))
        if failed and model in failed:
            summary["note"] = f"Its card could not be written: {failed[model]}."
        card = folder / f"model_{model}" / CARD_PAGE
        listed.append({**summary, "has_card": card.exists()})
    index = folder / "index.html"
    folder.mkdir(parents=True, exist_ok=True)
    render(INDEX, index, {**about(connection, rows.rules), "models": listed})
    return index


def published_models(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Ids of the published models, in their order."""
    listed = rows_of(connection, "select model from drivers.models")
    return [row["model"] for row in _in_order(listed)]


def _in_order(models: Sequence[Row]) -> list[Row]:
    return sorted(models, key=lambda row: model_order(row["model"]))


def _check_known(models: Sequence[str], published: Sequence[str]) -> None:
    for model in models:
        if model not in published:
            raise LinkageError(
                f"model {model} is not published; drivers.models holds "
                f"{', '.join(published) or 'none'}"
            )


def _write_model(
    own: Path, facts: CardFacts, terms: Sequence[Row], said_of_all: Row
) -> list[Path]:
    """A model's plots and its card."""
    own.mkdir(parents=True, exist_ok=True)
    simulated = said_of_all["is_simulated"]
    written = []
    for stem, is_short in (("forest", False), ("forest_short", True)):
        written += draw_forest(
            facts.model,
            terms,
            own / stem,
            is_short=is_short,
            is_simulated=simulated,
            withheld=facts.withheld,
        )
    card = own / CARD_PAGE
    render(CARD, card, {**said_of_all, **_card(facts, terms, simulated)})
    return [*written, card]


def _facts(
    connection: duckdb.DuckDBPyConnection, model: Row, rows: PageRows
) -> CardFacts:
    performance = rows_of(
        connection,
        "select * from drivers.performance where model = ?",
        [model["model"]],
    )
    return CardFacts(
        model=model,
        shown=of_terms.read_terms(rows.terms[model["model"]]),
        withheld=rows.withheld[model["model"]],
        performance={(row["learner"], row["sample"]): row for row in performance},
    )


def _summary(facts: CardFacts) -> Row:
    """A model's row of the list."""
    model = facts.model
    return {
        "model": model["model"],
        "description": model["description"],
        "note": "" if facts.is_fitted else f"Not fitted: {model['note']}",
        "cases": count_in_words(model["sample_size"]),
        "outcome": outcome_in_words(model["dependent"]).noun,
        "rate": rate_in_words(facts),
        "r2": _two_digits(model["nagelkerke_r2"]),
        "auc": _two_digits(model["auc"]),
    }


def _card(facts: CardFacts, terms: Sequence[Row], simulated: bool) -> Row:
    """Values for the card's template."""
    before, after = sections(facts)
    found = of_terms.significant(facts.shown)
    drawn = ""
    if found:
        svg = forest_svg(
            facts.model,
            terms,
            most=MOST_ON_CARD,
            is_simulated=simulated,
            withheld=facts.withheld,
        )
        drawn = embedded(svg)
    return {
        "model": facts.model["model"],
        "description": facts.model["description"],
        "is_fitted": facts.is_fitted,
        "before": before,
        "drivers": drivers(facts),
        "after": after,
        "plot": drawn,
        "plot_text": _plot_text(found),
        "unsure": UNSURE,
        "rows": [_table_row(one) for one in of_terms.by_variable(facts.shown)]
        if facts.is_fitted
        else [],
    }


def _plot_text(found: Sequence[of_terms.Term]) -> str:
    """Text alternative of the card's plot."""
    drawn = of_terms.significant(of_terms.strongest(found, MOST_ON_CARD))
    listed = "; ".join(f"{one.label}: {stated(one)}" for one in drawn)
    many = plural(len(drawn), "significant driver", "strongest significant drivers")
    return f"Forest plot of {many}. {listed}."


def _table_row(term: of_terms.Term) -> Row:
    estimate = term.estimate
    row = {
        "label": term.label,
        "reference": term.reference,
        "stated": stated(term),
        "interval": "",
        "points": "",
    }
    if estimate is None:
        return row
    ratios = (estimate.odds_ratio, estimate.low, estimate.high)
    ratio, low, high = (f"{one:.2f}" if one < 10 else f"{one:,.0f}" for one in ratios)
    # Adding 0 takes the sign off a rounded -0.0.
    points = round(estimate.marginal_effect * 100, 1) + 0
    return row | {"interval": f"{ratio} ({low} to {high})", "points": f"{points:+.1f}"}


def _two_digits(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
