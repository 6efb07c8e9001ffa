"""Data Docs need nothing from outside, and tell no one that they are read."""

from __future__ import annotations

import re
from urllib.parse import unquote

from tests.running import PublishedRun


def test_no_page_of_the_data_docs_fetches_anything_from_outside(
    published: PublishedRun,
) -> None:
    reference = r"<(?:link|script|img)\b[^>]*(?:href|src)=\"([^\"]+)"
    pages = [*published.settings.data_docs.rglob("*.html")]
    assert len(pages) >= 5
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.findall(reference, text), page
        for url in re.findall(r"<a\b[^>]*href=\"([^\"#]+)", text):
            assert (page.parent / unquote(url)).resolve().exists(), url


def test_data_docs_of_simulated_input_say_so(published: PublishedRun) -> None:
    for page in published.settings.data_docs.rglob("*.html"):
        if page.parent.name == "expectations":  # What is expected of any data.
            continue
        assert "SIMULATED" in page.read_text(encoding="utf-8"), page
