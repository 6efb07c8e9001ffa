"""Cells, filters, marks, funnels and curves of the report site."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from linkage.oversight.settings import read_settings
from linkage.report.data_dictionary import column_meanings
from linkage.report.site.figures import (
    Choice,
    Column,
    Figure,
    Page,
    Section,
    in_words,
    is_chosen,
    plain,
)
from linkage.report.site.inputs import seed_order, tiles
from linkage.report.site.marks import dbt_variable, significance, with_interval
from linkage.report.site.method import as_html
from linkage.report.site.places import funnel_of, own_counts


@pytest.mark.parametrize(
    ("value", "kind", "stated"),
    [
        (1234, "count", "1,234"),
        (None, "count", "confidential"),
        (0.409, "percent", "40.9%"),
        (None, "percent", "\N{EN DASH}"),
        (-0.0004, "points", "+0.0"),
        (-0.012, "points", "-1.2"),
        (2.13, "ratio", "2.13"),
        (312.4, "ratio", "312"),
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


def rates(*rows: tuple[str, str, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(
        rows, columns=["dimension", "category", "cases", "withdrawals"]
    ).assign(crime_area="All crime")
    rate = frame["withdrawals"] / frame["cases"]
    return frame.assign(withdrawal_rate=rate.where(frame["cases"] >= 100))


def test_marks_are_those_of_the_mart() -> None:
    """The case of the unit test of `marts.withdrawal_rates`."""
    found = significance(
        rates(
            ("all", "All cases", 1000, 400),
            ("bcu", "North", 300, 150),
            ("bcu", "South", 600, 210),
            ("bcu", "West", 99, 39),
        )
    )
    assert list(found) == [None, "higher", "lower", None]


def test_without_the_total_there_is_no_mark() -> None:
    hidden = rates(("all", "All cases", 1000, np.nan), ("bcu", "North", 300, 150))
    assert list(significance(hidden)) == [None, None]


def test_a_share_needs_as_many_cases_as_the_marts_ask() -> None:
    assert dbt_variable("minimum_cases") == 100
    rows = pd.DataFrame({"part": [50, 40], "whole": [100, 95]})
    found = with_interval(rows, "part", "whole", "early")
    assert found["early"].tolist()[0] == 0.5
    # As R's prop.test has them without its correction.
    assert found["early_low"][0] == pytest.approx(0.404, abs=5e-4)
    assert found["early_high"][0] == pytest.approx(0.596, abs=5e-4)
    assert found["early"].isna().tolist() == [False, True]


def test_a_place_far_out_lies_outside_the_funnel() -> None:
    bcus = rates(
        *(("bcu", name, 2000.0, 800.0 + at) for at, name in enumerate("ABCDEFGHIJ")),
        ("bcu", "Far", 2000.0, 1000.0),
    )
    found, curve, target = funnel_of(bcus, read_settings())
    positions = dict(zip(found["category"], found["position"], strict=True))
    assert positions.pop("Far").startswith("above")
    assert set(positions.values()) == {"inside"}
    assert target == pytest.approx(
        bcus["withdrawals"].sum() / bcus["cases"].sum(), abs=5e-4
    )
    sizes = [row[0] for row in curve]
    assert sizes[0] < 2000 < sizes[-1]
    assert all(row[3] < row[1] < target < row[2] < row[4] for row in curve)


def test_too_few_places_make_no_funnel() -> None:
    bcus = rates(("bcu", "A", 2000.0, 800.0), ("bcu", "B", 2000.0, 900.0))
    found, curve, target = funnel_of(bcus, read_settings())
    assert (list(found["position"]), curve, target) == ([None, None], [], None)


def test_the_monitor_takes_rounded_counts_with_their_own_rate() -> None:
    counts = own_counts(np.array([[100.0, 0.0]]), np.array([[40.0, 0.0]]), ("A",))
    assert counts.cases.tolist() == [[100, 0], [100, 0]]
    assert counts.expected.tolist() == [[40, 0], [40, 0]]


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
