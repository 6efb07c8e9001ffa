"""What a forest plot shows, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from linkage.report.forest_plots import draw_forest
from tests.driver_rows import Row, estimate_row, model_row, term_row, unfitted_row

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
TERMS = [
    estimate_row("crime_type", 3.2, "Rape", reference_category="Other violence"),
    estimate_row("crime_type", 1.05, "Robbery", is_significant=False),
    estimate_row("suspect_arrested_on_scene", 1 / 2.6),
    estimate_row("suspect_disability", 1.4),
    estimate_row("victim_injured", 1 / 1.6),
    term_row("venue_type", "Unknown", note="a combination of other columns"),
]


class Drawn:
    """A plot read back from its SVG."""

    def __init__(
        self,
        folder: Path,
        terms: Sequence[Row] = TERMS,
        model: Row | None = None,
        *,
        is_short: bool = False,
        is_simulated: bool = False,
        withheld: int = 0,
    ) -> None:
        self.files = draw_forest(
            model or model_row(),
            terms,
            folder / "forest",
            is_short=is_short,
            is_simulated=is_simulated,
            withheld=withheld,
        )
        self.root = ElementTree.fromstring(self.files[0].read_text(encoding="utf-8"))
        self.texts = ["".join(one.itertext()) for one in self.root.iter(f"{SVG}text")]

    @property
    def all_text(self) -> str:
        """Every text drawn, in order."""
        return " | ".join(self.texts)

    @property
    def points(self) -> dict[str, float]:
        """Where each odds ratio is drawn across, by column."""
        return {name: float(mark.get("x", "nan")) for name, mark in self._marks()}

    @property
    def shapes(self) -> dict[str, str]:
        """Which outline each odds ratio is drawn with, by column."""
        return {name: mark.get(LINK, "") for name, mark in self._marks()}

    def _marks(self) -> Iterator[tuple[str, ElementTree.Element]]:
        for group in self.root.iter(f"{SVG}g"):
            name = group.get("id", "")
            if name.startswith("term-"):
                for mark in group.iter(f"{SVG}use"):
                    yield name.removeprefix("term-"), mark

    def place(self, text: str) -> float:
        """Where a text stands across."""
        for one in self.root.iter(f"{SVG}text"):
            if "".join(one.itertext()) == text:
                return float(one.get("x", "nan"))
        raise AssertionError(f"{text!r} is not in {self.all_text}")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """The long version of a model with a bit of everything."""
    return Drawn(tmp_path_factory.mktemp("long"))


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """Its short version."""
    return Drawn(tmp_path_factory.mktemp("short"), is_short=True)


def test_less_likely_stands_left_and_more_likely_right(drawn: Drawn) -> None:
    middle = drawn.place("1")
    assert drawn.points["suspect_arrested_on_scene__yes"] < middle
    assert drawn.points["victim_injured__yes"] < middle
    assert drawn.points["crime_type__rape"] > middle
    assert drawn.place("← less likely") < middle < drawn.place("more likely →")


def test_equal_strength_stands_equally_far_from_the_middle(tmp_path: Path) -> None:
    terms = [estimate_row("hate_crime_flag", 2.5), estimate_row("repeat_victim", 0.4)]
    drawn = Drawn(tmp_path, terms)
    middle = drawn.place("1")
    right = drawn.points["hate_crime_flag__yes"] - middle
    left = middle - drawn.points["repeat_victim__yes"]
    assert right == pytest.approx(left, abs=0.01)


def test_strength_is_written_as_the_study_prints_it(drawn: Drawn) -> None:
    assert "3.2x more likely" in drawn.texts
    assert "2.6x less likely" in drawn.texts


def test_groups_stand_in_the_studys_order(drawn: Drawn) -> None:
    groups = [one for one in drawn.texts if one in ("Offence", "Suspect", "Victim")]
    assert groups == ["Offence", "Suspect", "Victim"]


def test_the_short_version_holds_significant_categories_only(short: Drawn) -> None:
    assert set(short.points) == {
        "crime_type__rape",
        "suspect_arrested_on_scene__yes",
        "suspect_disability__yes",
        "victim_injured__yes",
    }
    assert "Robbery" not in short.all_text
    assert "Without 2 categories that are" in short.all_text


def test_the_short_version_goes_from_more_to_less_likely_in_a_group(
    short: Drawn,
) -> None:
    texts = short.texts
    assert texts.index("Suspect disability") < texts.index("Suspect arrested on scene")


def test_the_long_version_says_why_a_category_has_no_estimate(drawn: Drawn) -> None:
    assert "Robbery" in drawn.texts
    assert "not significant" in drawn.texts
    assert "given by other columns" in drawn.texts
    assert "venue_type__unknown" not in drawn.points


def test_what_a_category_is_compared_with_is_shown(drawn: Drawn, short: Drawn) -> None:
    assert "against Other violence" in drawn.texts
    assert "against Other violence" in short.texts


@pytest.mark.parametrize("is_short", [False, True])
def test_categories_that_are_withheld_are_counted(
    tmp_path: Path, is_short: bool
) -> None:
    drawn = Drawn(tmp_path, is_short=is_short, withheld=2)
    stated = (
        "2 categories with too few cases, or too few with or without the outcome, "
        "are not shown"
    )
    assert stated in drawn.all_text.replace(" | ", " ")


def test_without_any_withheld_nothing_is_said_of_them(drawn: Drawn) -> None:
    assert "not shown" not in drawn.all_text


@pytest.mark.parametrize("is_short", [False, True])
def test_simulated_input_is_stamped_on_the_plot(tmp_path: Path, is_short: bool) -> None:
    assert "SIMULATED" in Drawn(tmp_path, is_short=is_short, is_simulated=True).texts


def test_real_input_has_no_stamp(drawn: Drawn, short: Drawn) -> None:
    assert "SIMULATED" not in drawn.all_text + short.all_text


def test_an_interval_beyond_the_axis_ends_in_an_arrow(
    tmp_path: Path, drawn: Drawn
) -> None:
    wide = estimate_row("hate_crime_flag", 20.0, ci_low=0.9, ci_high=900.0)
    stated = "An arrow: the interval goes beyond the axis."
    assert stated in Drawn(tmp_path, [wide]).all_text
    assert stated not in drawn.all_text


def test_an_unsure_estimate_is_marked(tmp_path: Path) -> None:
    unsure = estimate_row("hate_crime_flag", 2.0, note="no events; penalised estimate")
    drawn = Drawn(tmp_path, [unsure])
    assert "2.0x more likely †" in drawn.texts
    assert "† Unsure" in drawn.all_text


def test_directions_differ_in_shape_not_only_in_colour(drawn: Drawn) -> None:
    shapes = drawn.shapes
    more, less = shapes["crime_type__rape"], shapes["victim_injured__yes"]
    assert len({more, less, shapes["crime_type__robbery"]}) == 3
    assert shapes["suspect_disability__yes"] == more
    assert shapes["suspect_arrested_on_scene__yes"] == less


def test_title_and_measures_stand_above_the_plot(tmp_path: Path) -> None:
    drawn = Drawn(tmp_path, model=model_row(method="Firth's penalised likelihood"))
    title = "Model 12: Serious youth violence where a suspect is recorded"
    assert title in drawn.texts
    assert (
        "n = 2,000; 900 withdrew (45.0%); Nagelkerke R² = 0.24; AUC = 0.74; "
        "Firth's penalised likelihood"
    ) in drawn.texts
    assert drawn.root.findtext(f"{SVG}title") == title
    assert "Crime type: Rape: 3.2x more likely" in drawn.root.findtext(f"{SVG}desc", "")


@pytest.mark.parametrize("is_short", [False, True])
def test_a_model_that_is_not_fitted_says_why(tmp_path: Path, is_short: bool) -> None:
    terms = [term_row("hate_crime_flag", cases=None, note="the model is not fitted")]
    drawn = Drawn(
        tmp_path, terms, unfitted_row("no case has the outcome"), is_short=is_short
    )
    assert "Not fitted: no case has the outcome." in drawn.texts
    assert not drawn.points


def test_a_model_without_significant_category_has_a_short_version(
    tmp_path: Path,
) -> None:
    drawn = Drawn(tmp_path, TERMS[1:2], is_short=True)
    assert "No category to show." in drawn.texts


def test_confidential_withdrawals_are_not_printed(tmp_path: Path) -> None:
    texts = Drawn(tmp_path, model=model_row(events=None)).all_text
    assert "n = 2,000;" in texts
    assert "withdrew" not in texts


def test_coordinates_hold_four_digits_of_an_odds_ratio(tmp_path: Path) -> None:
    exact = Drawn(tmp_path, [estimate_row("hate_crime_flag", 2.3456789)])
    rounded = Drawn(tmp_path, [estimate_row("hate_crime_flag", 2.346)])
    assert exact.points == rounded.points


def test_equal_rows_give_equal_files_byte_for_byte(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    one, two = (Drawn(folder, is_simulated=True).files for folder in folders)
    assert [path.suffix for path in one] == [".svg", ".png"]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_more_categories_make_a_taller_plot(tmp_path: Path, drawn: Drawn) -> None:
    tall = drawn.root.get("height", "")
    low = Drawn(tmp_path, TERMS[:2]).root.get("height", "")
    assert float(tall.removesuffix("pt")) > float(low.removesuffix("pt"))
