"""What is generated is what would be generated now."""

from __future__ import annotations

from pathlib import Path

from benchmarks.table import BEGIN, END, table
from linkage.docs import DICTIONARY, data_dictionary

PROJECT = Path(__file__).resolve().parents[2]


def test_the_data_dictionary_is_current() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == data_dictionary()


def test_the_readme_table_shows_the_measured_figures() -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    shown = readme.split(BEGIN)[1].split(END)[0].strip()
    assert shown == table()
