"""What is generated is what would be generated now."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.table import BEGIN, END, table
from linkage.docs import GENERATED

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("page", GENERATED, ids=lambda page: page.name)
def test_a_generated_page_is_current(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == GENERATED[page]()


def test_the_readme_table_shows_the_measured_figures() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    shown = readme.split(BEGIN)[1].split(END)[0].strip()
    assert shown == table()
