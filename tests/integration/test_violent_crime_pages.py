"""Pages of the violent-crime study: what is released, and no small count."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from linkage.report import study_content
from linkage.report.wording import FEWER
from ml.study_models import LATE
from tests.running import PublishedRun, frame, rows

MODELS = ("V1", "V2")


@pytest.fixture(scope="module")
def site(violent_crime_published: PublishedRun) -> Path:
    return violent_crime_published.settings.site


def text_of(page: Path) -> str:
    markup = page.read_text(encoding="utf-8")
    body = markup[markup.index("<body>") : markup.index('<script type="application')]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def table_of(page: Path, figure: str) -> pd.DataFrame:
    """The rows of a figure as the scripts have them."""
    found = re.search(
        r'<script type="application/json" id="data">(.*?)</script>',
        page.read_text(encoding="utf-8"),
    )
    assert found is not None
    figures: list[dict[str, Any]] = json.loads(found[1])["figures"]
    (one,) = (one for one in figures if one["name"] == figure)
    return pd.DataFrame(one["rows"], columns=[name for name, *_ in one["columns"]])


# What is there ------------------------------------------------------------------------


def test_the_study_and_its_models_have_pages(
    violent_crime_published: PublishedRun, site: Path
) -> None:
    study = (site / "violent-crime.html").read_text(encoding="utf-8")
    for model in MODELS:
        page = (site / f"model-{model}.html").read_text(encoding="utf-8")
        assert "SIMULATED input" in page
        assert f'<td><a href="model-{model}.html">{model}</a></td>' in study
        for name in ("coefficients", "leakage", "officers", "overall", "thresholds"):
            assert f'id="{name}"' in page
    assert f"Report: {site / 'index.html'}" in violent_crime_published.stdout


@pytest.mark.parametrize("model", MODELS)
def test_the_page_has_the_measures_of_the_model(
    model: str, violent_crime_published: PublishedRun, site: Path
) -> None:
    page = site / f"model-{model}.html"
    warehouse = violent_crime_published.path
    where = f"where model = '{model}'"
    ((auc, auch, gini),) = rows(
        warehouse, f"select auc, auch, gini from drivers.penalised_models {where}"
    )
    overall = table_of(page, "overall").set_index("measure")["value"]
    assert overall["AUC"] == pytest.approx(auc, abs=5e-4)
    assert overall["AUC of the convex hull"] == pytest.approx(auch, abs=5e-4)
    assert overall["Gini"] == pytest.approx(gini, abs=5e-4)
    thresholds = table_of(page, "thresholds").set_index("chosen")["youden"]
    for chosen, sensitivity, specificity in rows(
        warehouse,
        "select chosen, sensitivity, specificity from drivers.penalised_thresholds "
        f"{where}",
    ):
        if pd.notna(thresholds[chosen]):
            assert thresholds[chosen] == pytest.approx(
                sensitivity + specificity - 1, abs=0.1
            )
    areas = dict(
        rows(warehouse, f"select left_out, auc from drivers.penalised_leakage {where}")
    )
    shown = table_of(page, "leakage").set_index("left_out")["auc"]
    assert shown.to_dict() == pytest.approx(areas, abs=5e-4)
    listed = table_of(site / "violent-crime.html", "study_models").set_index("model")
    assert listed.loc[model, "in_time"] == pytest.approx(areas[LATE], abs=5e-4)


@pytest.mark.parametrize("model", MODELS)
def test_the_coefficients_shown_are_the_warehouse_s(
    model: str, violent_crime_published: PublishedRun, site: Path
) -> None:
    table = table_of(site / f"model-{model}.html", "coefficients").set_index("printed")
    found = frame(
        violent_crime_published.path,
        f"select * from drivers.penalised_coefficients where model = '{model}'",
    ).set_index("term")
    assert 0 < len(table) <= study_content.LARGEST
    for term, row in table.iterrows():
        true = found.loc[term]
        assert row["coefficient"] == pytest.approx(true.coefficient, abs=5e-4)
        assert row["kind"] == ("beneficial" if true.is_beneficial else "adverse")
        assert row["selected_share"] == pytest.approx(true.selected_share, abs=5e-4)
        if pd.notna(true.training_crimes):
            crimes, events = true.training_crimes, true.training_events
            # Ten with and ten without the outcome are released of more than five.
            assert min(events, crimes - events) > 5


SEXES = {"F": "female", "M": "male", "X": "sex unknown"}
LABELS = {
    "response": lambda crime: (
        "Not recorded" if crime.response_code == "UN" else crime.response_code
    ),
    "ages": lambda crime: (
        f"{crime.victim_age_band.capitalize()}, {SEXES[crime.victim_sex]}"
    ).replace("Unknown", "Age unknown"),
}


@pytest.mark.parametrize("figure", LABELS)
def test_outcomes_of_the_page_are_the_crimes_counted_by_the_test(
    figure: str, violent_crime_published: PublishedRun, site: Path
) -> None:
    """Counted from the crimes, not from the mart that the page is made of."""
    crimes = frame(violent_crime_published.path, "select * from marts.violent_crimes")
    crimes["label"] = crimes.apply(LABELS[figure], axis=1)
    counts = pd.crosstab(crimes["label"], crimes["outcome_group"])
    counts.loc["All"] = counts.sum()
    table = table_of(site / "violent-crime.html", figure)
    table["label"] = table["category"].str.replace(r" \(.*", "", regex=True)
    assert set(table["label"]) == set(counts.index)
    small = compared = 0
    for row in table.to_dict("records"):
        own = counts.loc[row["label"]]
        count = own[row["outcome"]]
        if row["crimes"] == FEWER:
            assert count < 10
            small += 1
            continue
        assert row["crimes"] % 5 == 0
        assert row["crimes"] >= 10
        assert abs(row["crimes"] - count) < 5
        if pd.notna(row["share"]):
            assert abs(row["share"] - count / own.sum()) < 10 / own.sum() + 1e-3
        compared += 1
    assert compared > 10
    assert small


def test_the_flow_of_the_page_is_the_flow_rounded(
    violent_crime_published: PublishedRun, site: Path
) -> None:
    table = table_of(site / "violent-crime.html", "study_flow").set_index("step")
    for step, left in rows(
        violent_crime_published.path,
        "select step, crimes_left from marts.violent_crime_flow",
    ):
        assert abs(table.loc[step, "crimes_left"] - left) < 5


@pytest.mark.parametrize("model", MODELS)
def test_curves_end_where_few_crimes_have_as_many_officers(
    model: str, violent_crime_published: PublishedRun, site: Path
) -> None:
    curves = table_of(site / f"model-{model}.html", "officers")
    assert curves["variable"].nunique() == 2
    for label, curve in curves.groupby("variable"):
        variable = str(label).lower().replace(" ", "_")
        ((beyond, furthest),) = rows(
            violent_crime_published.path,
            f"select count(*) filter (where {variable} >= ?), max({variable}) "
            "from marts.violent_crimes",
            int(curve["officers"].max()),
        )
        assert beyond >= 10
        assert curve["officers"].max() < furthest
        assert (curve["low"] <= curve["high"]).all()


def test_an_honest_reading_is_on_the_card_of_success(site: Path) -> None:
    text = text_of(site / "model-V1.html")
    assert "An honest reading" in text
    assert "comes of missing information too" in text


# What the figures are made of ---------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_the_points_published_have_the_area_and_the_hull(
    model: str, violent_crime_published: PublishedRun
) -> None:
    points = frame(
        violent_crime_published.path,
        "select * from drivers.penalised_roc "
        f"where model = '{model}' order by point_no",
    )
    ((auc, auch),) = rows(
        violent_crime_published.path,
        f"select auc, auch from drivers.penalised_models where model = '{model}'",
    )
    hull = points[points.is_on_hull]
    for of_points, area in ((points, auc), (hull, auch)):
        found = np.trapezoid(
            of_points.true_positive_rate, of_points.false_positive_rate
        )
        assert found == pytest.approx(area, abs=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_the_curves_published_are_the_spline_terms_and_their_coefficients(
    model: str, violent_crime_published: PublishedRun
) -> None:
    """R's bs(x, df = 3) by hand: Bernstein's cubics over the range of the curve."""
    found = frame(
        violent_crime_published.path,
        f"select * from drivers.penalised_curves where model = '{model}'",
    )
    for variable, curve in found.groupby("variable"):
        coefficients = [
            coefficient
            for (coefficient,) in rows(
                violent_crime_published.path,
                "select coefficient from drivers.penalised_coefficients "
                "where model = ? and variable = ? and level like 'spline%' "
                "order by level",
                model,
                variable,
            )
        ]
        officers = curve.officers.to_numpy()
        at = (officers - officers.min()) / (officers.max() - officers.min())
        terms = [3 * at * (1 - at) ** 2, 3 * at**2 * (1 - at), at**3]
        expected = np.column_stack(terms) @ coefficients
        np.testing.assert_allclose(curve.log_odds, expected, atol=1e-9)
