"""Writes forest plots and a one-page card for each published driver model."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from linkage.errors import LinkageError
from linkage.summary import is_simulated
from ml.specification import model_order
from report import terms as of_terms
from report.card_text import CardFacts, drivers, rate_in_words, sections
from report.forest_content import UNSURE, said
from report.forest_plots import draw_forest, forest_svg
from report.wording import (
    count_in_words,
    outcome_in_words,
    plural,
)

CARD_PAGE = "card.html"
CARD, INDEX = "model_card.html.j2", "model_index.html.j2"
# So many drivers fit on the card with everything else.
MOST_ON_CARD = 12

# Categories with fewer cases are not shown where pages leave the analyst's desk.
MINIMUM_CASES = 10

Row = dict[str, Any]


def write_pages(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    models: Sequence[str] = (),
    *,
    minimum_cases: int = MINIMUM_CASES,
) -> list[Path]:
    """Write plots and a card of each model, or of those named.

    `connection` reads the published warehouse: schema `drivers`, and
    `quality.deliveries` and `quality.publications`. Into `folder` goes for each model
    `model_<id>/` with `forest` and `forest_short` as SVG and PNG and `card.html`.
    Categories with fewer than `minimum_cases` cases are nowhere in them. Raises
    LinkageError for a model that is not published.
    """
    about = _about(connection)
    published = published_models(connection)
    _check_known(models, published)
    written = []
    for row in _models(connection):
        if not models or row["model"] in models:
            facts, terms = _facts(connection, row, minimum_cases)
            own = folder / f"model_{row['model']}"
            written += _write_model(own, facts, terms, about)
    return written


def write_index(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    minimum_cases: int = MINIMUM_CASES,
) -> Path:
    """Write `folder/index.html`: every published model, with a link to its card."""
    listed = []
    for row in _models(connection):
        facts, _ = _facts(connection, row, minimum_cases)
        card = folder / f"model_{row['model']}" / CARD_PAGE
        listed.append({**_summary(facts), "has_card": card.exists()})
    index = folder / "index.html"
    folder.mkdir(parents=True, exist_ok=True)
    _render(INDEX, index, {**_about(connection), "models": listed})
    return index


def published_models(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Ids of the published models, in their order."""
    return [row["model"] for row in _models(connection)]


def _models(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    rows = _rows(connection, "select * from drivers.models")
    return sorted(rows, key=lambda row: model_order(row["model"]))


def _about(connection: duckdb.DuckDBPyConnection) -> Row:
    return {
        "is_simulated": is_simulated(connection),
        "published": _published(connection),
    }


def _check_known(models: Sequence[str], published: Sequence[str]) -> None:
    for model in models:
        if model not in published:
            raise LinkageError(
                f"model {model} is not published; drivers.models holds "
                f"{', '.join(published) or 'none'}"
            )


def _write_model(
    own: Path, facts: CardFacts, terms: Sequence[Row], about: Row
) -> list[Path]:
    """A model's plots and its card."""
    own.mkdir(parents=True, exist_ok=True)
    simulated = about["is_simulated"]
    written = []
    for stem, is_short in (("forest", False), ("forest_short", True)):
        written += draw_forest(
            facts.model,
            terms,
            own / stem,
            is_short=is_short,
            is_simulated=simulated,
            minimum_cases=facts.minimum_cases,
        )
    card = own / CARD_PAGE
    _render(CARD, card, {**about, **_card(facts, terms, simulated)})
    return [*written, card]


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, values: Sequence[str] = ()
) -> list[Row]:
    found = connection.execute(query, list(values))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _published(connection: duckdb.DuckDBPyConnection) -> str:
    """Source and publication in a few words."""
    sources = ", ".join(
        row["source_system"].upper()
        for row in _rows(
            connection,
            "select distinct source_system from quality.deliveries order by 1",
        )
    )
    latest = _rows(
        connection,
        "select publication, published_at from quality.publications "
        "order by publication desc limit 1",
    )
    return "; ".join(
        [
            f"Source {sources}",
            *(
                f"publication {row['publication']} of {row['published_at']:%d %B %Y}"
                for row in latest
            ),
        ]
    )


def _facts(
    connection: duckdb.DuckDBPyConnection, model: Row, minimum_cases: int
) -> tuple[CardFacts, list[Row]]:
    terms = _rows(
        connection,
        "select * from drivers.odds_ratios where model = ? order by design_column",
        [model["model"]],
    )
    performance = _rows(
        connection,
        "select * from drivers.performance where model = ?",
        [model["model"]],
    )
    shown, withheld = of_terms.split_by_cases(of_terms.read_terms(terms), minimum_cases)
    facts = CardFacts(
        model=model,
        shown=shown,
        withheld=withheld,
        performance={(row["learner"], row["sample"]): row for row in performance},
        minimum_cases=minimum_cases,
    )
    return facts, terms


def _summary(facts: CardFacts) -> Row:
    """A model's row of the list."""
    model = facts.model
    return {
        "model": model["model"],
        "description": model["description"],
        "note": "" if facts.is_fitted else f"Not fitted: {model['note']}",
        "cases": count_in_words(model["sample_size"], facts.minimum_cases),
        "outcome": outcome_in_words(model["dependent"]).noun,
        "rate": rate_in_words(facts),
        "r2": _two_digits(model["nagelkerke_r2"]),
        "auc": _two_digits(model["auc"]),
    }


def _card(facts: CardFacts, terms: Sequence[Row], simulated: bool) -> Row:
    """What the card's template takes."""
    before, after = sections(facts)
    found = of_terms.significant(facts.shown)
    drawn = ""
    if found:
        svg = forest_svg(
            facts.model,
            terms,
            most=MOST_ON_CARD,
            is_simulated=simulated,
            minimum_cases=facts.minimum_cases,
        )
        drawn = base64.b64encode(svg.encode()).decode("ascii")
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
    """What the card's plot shows, for who cannot see it."""
    drawn = of_terms.significant(of_terms.strongest(found, MOST_ON_CARD))
    listed = "; ".join(f"{one.label}: {said(one)}" for one in drawn)
    many = plural(len(drawn), "significant driver", "strongest significant drivers")
    return f"Forest plot of {many}. {listed}."


def _table_row(term: of_terms.Term) -> Row:
    estimate = term.estimate
    row = {
        "label": term.label,
        "reference": term.reference,
        "cases": "-" if term.cases is None else f"{term.cases:,}",
        "said": said(term),
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


def _render(template: str, path: Path, content: Row) -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(template).render(**content)
    path.write_text(page, encoding="utf-8")
