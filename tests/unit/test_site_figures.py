"""Cells, filters and bounds of the report site."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from linkage.base.seeds import seed_rows
from linkage.report.data_dictionary import column_meanings
from linkage.report.ranks import released_share, with_bounds
from linkage.report.site.figures import (
    Choice,
    Column,
    Figure,
    Page,
    Section,
    in_words,
    is_chosen,
    plain,
    rows_of,
)
from linkage.report.site.inputs import seed_order, tiles
from linkage.report.site.method import as_html
from linkage.report.wording import FEWER


@pytest.mark.parametrize(
    ("value", "kind", "stated"),
    [
        (1234, "count", "1,234"),
        (FEWER, "count", "fewer than 10"),
        (None, "count", "\N{EN DASH}"),
        (0.409, "percent", "40.9%"),
        (None, "percent", "\N{EN DASH}"),
        (-0.0004, "points", "+0.0"),
        (-0.012, "points", "-1.2"),
        (2.13, "ratio", "2.13"),
        (312.4, "ratio", "312"),
        (0.9984, "measure", "0.998"),
        ("2021-04", "month", "Apr 2021"),
        ("Brent", "text", "Brent"),
    ],
)
def test_a_cell_is_said_by_its_kind(value: object, kind: str, stated: str) -> None:
    assert in_words(plain(value), kind) == stated


@pytest.mark.parametrize(
    ("value", "wanted", "stays"),
    [
        ("2021-04", "all", True),
        ("2021-04", "2021-Q2", True),
        ("2021-06", "2021-Q2", True),
        ("2021-07", "2021-Q2", False),
        ("2022-04", "2021-Q2", False),
        ("Rape", "Rape", True),
        ("Rape", "Robbery", False),
    ],
)
def test_a_period_is_all_or_a_quarter(value: str, wanted: str, stays: bool) -> None:
    assert is_chosen(value, wanted) is stays


def test_what_scripts_read_cannot_end_the_script() -> None:
    figure = Figure(
        "one",
        "One",
        "rates",
        [Column("area", "Area")],
        [["</script><b>&"]],
        {"x": "y"},
        by=("area",),
    )
    page = Page(
        "p",
        "P",
        "",
        [Section("s", figures=[figure])],
        [Choice.of("area", "Area", ["x"], "x")],
    )
    assert "<" not in page.as_json()
    assert "&" not in page.as_json()
    assert json.loads(page.as_json())["figures"][0]["rows"] == [["</script><b>&"]]
    assert figure.sentence(page.chosen) == "y"


def test_a_count_that_is_not_given_is_said_to_be_under_ten() -> None:
    frame = pd.DataFrame(
        {
            "cases": [120, None, None],
            "rate": [0.1, None, None],
            "fewer_than_10": [None, "cases", None],
        }
    ).astype({"cases": "Int64"})
    columns = [Column("cases", "Cases", "count"), Column("rate", "Rate", "percent")]
    assert rows_of(frame, columns) == [[120, 0.1], [FEWER, None], [None, None]]


def test_a_share_takes_as_many_records_as_the_release_asks() -> None:
    assert released_share(40, 100) == 0.4
    for part, whole in ((40, 95), (None, 100), (95, 100), (40, None)):
        assert released_share(part, whole) is None


def test_bounds_hold_every_count_that_may_be_released_so() -> None:
    """The perturbation table of the seeds moves a count by at most four."""
    moves = {int(row["change"]) for row in seed_rows("perturbation")}
    frame = with_bounds(pd.DataFrame({"part": [40], "whole": [100]}), "part", "whole")
    assert frame["least"][0] == (40 - max(moves)) / (100 - min(moves))
    assert frame["most"][0] == (40 - min(moves)) / (100 - max(moves))


def test_each_borough_has_one_tile() -> None:
    layout = tiles()
    places = {(one["column"], one["row"]) for one in layout}
    assert len(places) == len(layout)
    known = set(seed_order("borough_bcus", "borough")) - {"Unknown"}
    assert {one["borough"] for one in layout} == known
    assert len({one["short"] for one in layout}) == len(layout)


def test_the_glossary_names_columns_that_are_described() -> None:
    meanings = column_meanings()
    from linkage.report.site.method import _glossary

    assert all(str(row[1]) for row in _glossary().rows)
    assert "marts.withdrawal_rates.cases" in meanings


def test_docs_keep_links_the_site_has_and_drop_the_others() -> None:
    html = as_html(
        "# Title\n\n## Part\n\n[data dictionary](data-dictionary.md) and "
        "[decisions](decisions.md).\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    assert "Title" not in html
    assert "<h3>Part</h3>" in html
    assert '<a href="dictionary.html">data dictionary</a> and decisions.' in html
    assert '<th scope="col">a</th>' in html
