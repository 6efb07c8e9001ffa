"""Pages of the violent-crime study: the warehouse's numbers, and no small count."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from linkage.base.settings import RunSettings
from linkage.disclosure.export import export_table
from linkage.disclosure.settings import read_disclosure_settings
from linkage.disclosure.study_pages import StudyRows, study_rows
from linkage.publication.publish import open_published
from linkage.report import study_content
from ml.study_models import LATE
from tests.running import PublishedRun, frame, rows

MODELS = ("V1", "V2")
PLOTS = ("roc", "coefficients", "officers")
OWN_TABLES = [
    name
    for name, table in read_disclosure_settings().tables.items()
    if table.group in ("violent_crimes", "penalised_estimates")
]


@pytest.fixture(scope="module")
def shown(violent_crime_published: PublishedRun) -> StudyRows:
    with open_published(violent_crime_published.settings) as connection:
        return study_rows(connection)


@pytest.fixture(scope="module")
def folder(violent_crime_published: PublishedRun) -> Path:
    return violent_crime_published.settings.driver_pages


def text_of(page: Path) -> str:
    markup = page.read_text(encoding="utf-8")
    body = re.sub(r"data:image[^\"]+", "", markup[markup.index("<body>") :])
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def table_of(page: Path, caption: str) -> pd.DataFrame:
    """The table with this in its caption, as text."""
    for table in re.findall(
        r"<table>.*?</table>", page.read_text(encoding="utf-8"), re.DOTALL
    ):
        if caption in table:
            found = [
                [
                    html.unescape(re.sub(r"<[^>]+>", "", cell)).strip()
                    for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", row, re.DOTALL)
                ]
                for row in re.findall(r"<tr.*?</tr>", table, re.DOTALL)
            ]
            return pd.DataFrame(found[1:], columns=found[0])
    raise AssertionError(f"{page.name} has no table {caption!r}")


def pages(folder: Path) -> Iterator[Path]:
    yield folder / "index.html"
    for model in MODELS:
        yield folder / f"model_{model}" / "card.html"


# What is there ------------------------------------------------------------------------


def test_every_page_and_plot_is_written_and_listed(
    violent_crime_published: PublishedRun, folder: Path
) -> None:
    for page in pages(folder):
        text = page.read_text(encoding="utf-8")
        assert "SIMULATED input" in text
        for url in re.findall(r"<a\b[^>]*href=\"([^\"#]+)", text):
            assert (page.parent / url).exists(), url
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    for model in MODELS:
        for plot in PLOTS:
            own = folder / f"model_{model}" / plot
            svg = own.with_suffix(".svg").read_text(encoding="utf-8")
            assert "SIMULATED" in svg
            assert "<desc>" in svg
            Image.open(own.with_suffix(".png")).verify()
    assert f"Study and its models: {folder / 'index.html'}" in (
        violent_crime_published.stdout
    )


def test_the_list_has_the_areas_of_the_models(
    violent_crime_published: PublishedRun, folder: Path
) -> None:
    listed = table_of(folder / "index.html", "AUC on crimes").set_index("Model")
    for model, auc, h, late in rows(
        violent_crime_published.path,
        "select models.model, models.auc, h, leakage.auc "
        "from drivers.penalised_models as models "
        "inner join drivers.penalised_leakage as leakage using (model) "
        f"where left_out = '{LATE}'",
    ):
        printed = listed.loc[model, ["AUC", "H", "In time"]].tolist()
        assert printed == [f"{one:.3f}" for one in (auc, h, late)]


@pytest.mark.parametrize("model", MODELS)
def test_the_card_has_the_measures_of_the_model(
    model: str, violent_crime_published: PublishedRun, folder: Path
) -> None:
    card = folder / f"model_{model}" / "card.html"
    warehouse = violent_crime_published.path
    where = f"where model = '{model}'"
    ((auc, auch, gini),) = rows(
        warehouse, f"select auc, auch, gini from drivers.penalised_models {where}"
    )
    overall = table_of(card, "need no threshold").set_index("Measure")["Value"]
    assert overall["AUC"] == f"{auc:.3f}"
    assert overall["AUC of the convex hull"] == f"{auch:.3f}"
    assert overall["Gini"] == f"{gini:.3f}"
    svg = (card.parent / "roc.svg").read_text(encoding="utf-8")
    assert f"AUC {auc:.3f}, AUCH {auch:.3f}" in svg
    thresholds = table_of(card, "best thresholds").set_index("Measure")
    found = frame(warehouse, f"select * from drivers.penalised_thresholds {where}")
    for row in found.itertuples():
        column = thresholds[row.chosen[:1].upper() + row.chosen[1:]]
        assert column["Kappa"] == f"{row.kappa:.2f}"
        assert column["Youden"] == f"{row.youden:.2f}"
    leakage = table_of(card, "without these fields").set_index("Left out")["AUC"]
    areas = rows(
        warehouse, f"select left_out, auc from drivers.penalised_leakage {where}"
    )
    assert leakage.to_dict() == {name: f"{area:.3f}" for name, area in areas}


@pytest.mark.parametrize("model", MODELS)
def test_the_coefficients_shown_are_the_warehouse_s(
    model: str, violent_crime_published: PublishedRun, folder: Path
) -> None:
    card = folder / f"model_{model}" / "card.html"
    table = table_of(card, "As drawn").set_index("As printed")
    found = frame(
        violent_crime_published.path,
        f"select * from drivers.penalised_coefficients where model = '{model}'",
    ).set_index("term")
    assert 0 < len(table) <= study_content.LARGEST
    for term, row in table.iterrows():
        true = found.loc[term]
        assert row["Log odds"] == f"{true.coefficient:+.3f}"
        assert row["Is"] == ("beneficial" if true.is_beneficial else "adverse")
        assert row["Selected in"] == f"{true.selected_share:.0%}"
    svg = (card.parent / "coefficients.svg").read_text(encoding="utf-8")
    assert {f"term-{term}" for term in table.index} <= set(
        re.findall(r'id="([^"]+)"', svg)
    )


def test_the_flow_of_the_page_is_the_flow_rounded(
    violent_crime_published: PublishedRun, folder: Path
) -> None:
    table = table_of(folder / "index.html", "came to the step").set_index("Step")
    for step, left in rows(
        violent_crime_published.path,
        "select step, crimes_left from marts.violent_crime_flow",
    ):
        printed = table.loc[step, "Left"]
        assert printed == "confidential" or (
            abs(int(printed.replace(",", "")) - left) < 5
        )


SEXES = {"F": "female", "M": "male", "X": "sex unknown"}
LABELS = {
    "Outcome by response code": lambda crime: (
        "Not recorded" if crime.response_code == "UN" else crime.response_code
    ),
    "Outcome by age and sex of the victim": lambda crime: (
        f"{crime.victim_age_band.capitalize()}, {SEXES[crime.victim_sex]}"
    ).replace("Unknown", "Age unknown"),
}


@pytest.mark.parametrize("heading", LABELS)
def test_outcomes_of_the_page_are_the_crimes_counted_anew(
    heading: str, violent_crime_published: PublishedRun, folder: Path
) -> None:
    """Counted from the crimes, not from the mart that the page is made of."""
    crimes = frame(violent_crime_published.path, "select * from marts.violent_crimes")
    crimes["label"] = crimes.apply(LABELS[heading], axis=1)
    counts = pd.crosstab(crimes["label"], crimes["outcome_group"])
    counts.loc["All"] = counts.sum()
    table = table_of(folder / "index.html", f"{heading}: crimes")
    labels = table["Category"].str.replace(r" \(.*", "", regex=True)
    assert set(labels) == set(counts.index)
    compared = 0
    for label, (_, row) in zip(labels, table.iterrows(), strict=True):
        own = counts.loc[label]
        printed = {"Crimes": own.sum()} | {
            outcome[:1].upper() + outcome[1:]: count for outcome, count in own.items()
        }
        for column, count in printed.items():
            if row[column] == "confidential":
                continue
            shown, *share = row[column].split(" ")
            assert abs(int(shown.replace(",", "")) - count) < 5
            if share:
                assert (
                    abs(float(share[0].strip("(%)")) / 100 - count / own.sum()) < 0.03
                )
            compared += 1
    assert compared > 10


# What is hidden -----------------------------------------------------------------------


def test_no_count_of_the_pages_is_small_or_not_rounded(
    violent_crime_published: PublishedRun, folder: Path
) -> None:
    crimes = frame(violent_crime_published.path, "select * from marts.violent_crimes")
    cells = crimes.groupby(["victim_age_band", "victim_sex", "outcome_group"]).size()
    assert (cells < 10).any()
    hidden = 0
    for heading in ("came to the step", "by response code: c", "sex of the victim: c"):
        table = table_of(folder / "index.html", heading)
        for cell in table.drop(columns=["Lost"], errors="ignore").iloc[:, 1:].stack():
            hidden += cell == "confidential"
            number = cell.split(" ")[0].replace(",", "")
            if number.isdigit():
                assert int(number) % 5 == 0
                assert int(number) == 0 or int(number) >= 10
    assert hidden


@pytest.mark.parametrize("model", MODELS)
def test_a_level_of_few_crimes_is_on_no_page(
    model: str, violent_crime_published: PublishedRun, folder: Path
) -> None:
    few = {
        term
        for (term,) in rows(
            violent_crime_published.path,
            "select term from drivers.penalised_coefficients "
            f"where model = '{model}' and training_crimes < 10",
        )
    }
    one_sided = {
        term
        for (term,) in rows(
            violent_crime_published.path,
            "select term from drivers.penalised_coefficients "
            f"where model = '{model}' and not is_missing_level and "
            "least(training_events, training_crimes - training_events) < 10",
        )
    }
    assert few
    own = folder / f"model_{model}"
    listed = set(table_of(own / "card.html", "As drawn")["As printed"])
    drawn = (own / "coefficients.svg").read_text(encoding="utf-8")
    for term in few | one_sided:
        assert term not in listed
        assert f'"term-{term}"' not in drawn


def test_curves_end_where_few_crimes_have_as_many_officers(
    violent_crime_published: PublishedRun, shown: StudyRows
) -> None:
    for of_model in shown.models:
        for curve in study_content.curves(of_model):
            variable = curve.label.lower().replace(" ", "_")
            ((beyond, furthest),) = rows(
                violent_crime_published.path,
                f"select count(*) filter (where {variable} >= ?), max({variable}) "
                "from marts.violent_crimes",
                int(curve.officers[-1]),
            )
            assert beyond >= 10
            assert curve.officers[-1] < furthest
            assert (curve.low <= curve.high).all()


def test_a_model_of_few_events_shows_nothing(
    violent_crime_published: PublishedRun,
) -> None:
    from dataclasses import replace

    rules = replace(read_disclosure_settings(), threshold=100)
    with open_published(violent_crime_published.settings) as connection:
        found = study_rows(connection, rules)
    for of_model in found.models:
        assert not of_model.is_shown
        assert of_model.model["auc"] is None
        assert not any(of_model.rows.values())


@pytest.mark.parametrize("table", OWN_TABLES)
def test_tables_of_the_study_leave_suppressed_and_rounded(
    table: str, violent_crime_published: PublishedRun, tmp_path: Path
) -> None:
    published = violent_crime_published.settings
    warehouse = tmp_path / "violent_crime.duckdb"
    warehouse.write_bytes(published.warehouse.read_bytes())
    out = tmp_path / "out.parquet"
    export_table(
        RunSettings("violent_crime", published.extracts, warehouse), table, out
    )
    found = pd.read_parquet(out)
    spec = read_disclosure_settings().tables[table]
    assert found["input"].str.startswith("SIMULATED").all()
    for column in spec.counts:
        if spec.counts_left_out:
            assert column not in found
            continue
        counts = found[column].dropna()
        assert (counts % 5 == 0).all()
        assert ((counts == 0) | (counts >= 10)).all()


# What is drawn ------------------------------------------------------------------------


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


def test_an_honest_reading_is_on_the_card_of_success(folder: Path) -> None:
    text = text_of(folder / "model_V1" / "card.html")
    assert "An honest reading" in text
    assert "comes of missing information too" in text
