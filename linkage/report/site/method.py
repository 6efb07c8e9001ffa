"""The method, the glossary and the data dictionary, from the sources of the docs."""

from __future__ import annotations

from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from linkage.base.settings import PROJECT
from linkage.base.yaml_files import read_yaml
from linkage.report.data_dictionary import column_meanings
from linkage.report.site import sentences
from linkage.report.site.figures import Column, Figure, Page, Section, Value
from linkage.report.wording import RULES

GLOSSARY = Path(__file__).with_name("glossary.yml")
PROTECTION = (
    f"{RULES} The same records give the same figure on every page and in every "
    "publication; a total is rounded by itself, so that its parts need not add up to "
    "it. A share takes 100 records, and 10 with and 10 without what it counts. Shares, "
    "intervals, marks and limits are worked out from the rounded counts. An estimate "
    "of a model takes 10 cases with and 10 without the outcome."
)
# Pages of the docs that the site holds.
HERE = {"data-dictionary.md": "dictionary.html"}


def method() -> Page:
    """Definitions, limits and glossary."""
    return Page(
        "method",
        "Method",
        "Definitions, and what the numbers cannot say.",
        [
            Section("Disclosure control", [PROTECTION]),
            Section("Glossary", figures=[_glossary()]),
            Section("Method and its limits", html=rendered("method.md")),
            Section(
                "Data dictionary",
                html='<p>Every published table and column: <a href="dictionary.html">'
                "data dictionary</a>.</p>",
            ),
        ],
    )


def dictionary() -> Page:
    """Every published table and column."""
    return Page(
        "dictionary",
        "Data dictionary",
        "Every table of the warehouse and what its columns mean. This site shows only "
        "what may be released: schema release.",
        [Section("Tables", html=rendered("data-dictionary.md"))],
        of="method",
    )


def _glossary() -> Figure:
    meanings = column_meanings()
    entries = read_yaml(GLOSSARY)
    rows: list[list[Value]] = [
        [entry["term"], meanings[entry["column"]].replace("`", ""), entry["column"]]
        for entry in sorted(entries, key=lambda entry: str(entry["term"]).lower())
    ]
    named = sentences.listed(str(row[0]) for row in rows[:3])
    return Figure(
        "glossary",
        "Glossary",
        "",
        (
            Column("term", "Term"),
            Column("meaning", "Meaning"),
            Column("column", "Column of the warehouse"),
        ),
        rows,
        {"": f"{len(rows)} terms, from {named} on."},
        options={"is_open": True},
    )


def rendered(name: str) -> str:
    """A page of the docs as HTML."""
    return as_html((PROJECT / "docs" / name).read_text(encoding="utf-8"))


def as_html(markdown: str) -> str:
    """Markdown without its title, headings below those of the site's sections."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    if tokens and tokens[0].tag == "h1":
        tokens = tokens[3:]
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{int(token.tag[1]) + 1}"
        if token.type == "th_open":
            token.attrSet("scope", "col")
        if token.children:
            token.children = _own_links(token.children)
    html: str = parser.renderer.render(tokens, parser.options, {})
    return html.replace(
        "<table>",
        '<div class="scrolled" tabindex="0" role="region" aria-label="Table"><table>',
    ).replace("</table>", "</table></div>")


def _own_links(tokens: list[Token]) -> list[Token]:
    """Links to pages that the site has; others are left as their text."""
    kept, is_dropped = [], False
    for token in tokens:
        if token.type == "link_open":
            page = str(token.attrGet("href")).partition("#")[0]
            is_dropped = Path(page).name not in HERE
            if not is_dropped:
                token.attrSet("href", HERE[Path(page).name])
        if token.type in ("link_open", "link_close") and is_dropped:
            continue
        kept.append(token)
    return kept
