"""Data Docs need nothing from outside, and tell no one that they are read."""

from __future__ import annotations

import re

from expectations.offline_pages import offline
from tests.running import PublishedRun


def test_no_page_of_the_data_docs_fetches_anything_from_outside(
    published: PublishedRun,
) -> None:
    reference = r"<(?:link|script|img)\b[^>]*(?:href|src)=\"([^\"]+)"
    pages = [*published.settings.data_docs.rglob("*.html")]
    assert len(pages) >= 5
    for page in pages:
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(reference, text)
        assert fetched or page.name == "trends.html"
        fetched = [url for url in fetched if not url.startswith("data:")]
        assert not [url for url in fetched if re.match(r"(https?:)?//", url)], page
        for url in fetched:
            assert (page.parent / url).resolve().exists(), (page.name, url)
        for url in re.findall(r"<a\b[^>]*href=\"([^\"#]+)", text):
            is_outside = url.startswith("https://")
            assert is_outside or (page.parent / url).resolve().exists(), url


def test_data_docs_of_simulated_input_say_so(published: PublishedRun) -> None:
    for page in published.settings.data_docs.rglob("*.html"):
        assert "SIMULATED" in page.read_text(encoding="utf-8"), page


def test_an_unknown_outside_script_is_left_out_and_a_known_one_replaced() -> None:
    page = (
        '<script src="https://cdn.example/npm/vega@5"></script>'
        '<script src="https://code.example/jquery-3.7.1.min.js" async></script>'
    )
    assert offline(page, "../") == '<script src="../offline/jquery.min.js"></script>'
