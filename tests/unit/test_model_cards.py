"""What a model card says: the table's numbers, in plain words."""

from __future__ import annotations

import base64
import csv
import html
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
from PIL import Image

from linkage.base.errors import LinkageError
from linkage.base.settings import PROJECT
from linkage.report.model_cards import write_index, write_pages
from linkage.report.terms import read_terms
from linkage.report.wording import driver_sentence, filters_in_words, outcome_in_words
from ml.drivers import TOO_WIDE
from tests.driver_rows import (
    Row,
    estimate_row,
    model_row,
    performance_row,
    term_row,
    unfitted_row,
    warehouse,
)

TERMS = [
    estimate_row(
        "venue_type",
        2.1,
        "Hotel or hostel",
        reference_category="Public outdoor or open space",
        ci_low=1.92,
        ci_high=2.31,
        marginal_effect=0.081,
    ),
    estimate_row(
        "suspect_arrested_on_scene",
        0.4,
        ci_low=0.32,
        ci_high=0.5,
        marginal_effect=-0.2,
        cluster_p_value=0.2,
    ),
    estimate_row("hate_crime_flag", 1.3, p_value_holm=0.4),
    estimate_row("knife_crime_flag", 1.1, is_significant=False),
    estimate_row(
        "modern_slavery_flag", 30.0, note="of use to nobody", cases=44, events=22
    ),
    term_row("victim_age", "Unknown", cases=240, note="a combination of other columns"),
]
PERFORMANCE = [
    performance_row("in sample", auc=0.74, calibration_slope=1.0),
    performance_row("cross-validated"),
]


def write_all(
    connection: duckdb.DuckDBPyConnection, folder: Path, models: Sequence[str] = ()
) -> list[Path]:
    """The pages of models, and the list of all."""
    return [
        *write_pages(connection, folder, models),
        write_index(connection, folder),
    ]


def card(
    folder: Path,
    model: Row | None = None,
    terms: Sequence[Row] = TERMS,
    *,
    is_simulated: bool = False,
) -> str:
    """The text of model 12's card, without the markup."""
    connection = warehouse(
        [model or model_row()], terms, PERFORMANCE, is_simulated=is_simulated
    )
    write_all(connection, folder)
    return text_of(folder / "model_12" / "card.html")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The card of a model with a bit of everything."""
    return card(tmp_path_factory.mktemp("cards"))


def text_of(page: Path) -> str:
    markup = page.read_text(encoding="utf-8")
    body = markup[markup.index("<body>") :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def stated(row: Row, dependent: str = "is_victim_withdrawal") -> str:
    (term,) = read_terms([row])
    assert term.estimate is not None
    return driver_sentence(term, term.estimate, outcome_in_words(dependent))


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ("all cases", "all cases"),
        ("is_suspect_recorded", "cases with a recorded suspect"),
        ("not is_suspect_recorded", "cases without a recorded suspect"),
        (
            "is_suspect_recorded and is_domestic_abuse and "
            "not is_suspect_current_or_ex_partner",
            "domestic abuse cases with a recorded suspect who is not the current or "
            "ex-partner",
        ),
        (
            "is_suspect_known_to_victim and is_domestic_abuse and "
            "not is_suspect_current_or_ex_partner",
            "domestic abuse cases with a suspect whom the victim knows and who is not "
            "the current or ex-partner",
        ),
        (
            "is_suspect_recorded and is_victim_withdrawal and "
            "crime_type__violence_with_injury",
            "violence with injury cases with a recorded suspect, in which the victim "
            "withdrew",
        ),
        (
            "is_suspect_recorded and is_withdrawal_or_judicial",
            "cases with a recorded suspect that ended in withdrawal or a judicial "
            "outcome",
        ),
        ("is_late", "cases where “late” holds"),
        ("not is_late", "cases where “late” holds not"),
        ("venue_type__other_venue", "cases where venue type is “other venue”"),
        ("not venue_type__other_venue", "cases where venue type is not “other venue”"),
    ],
)
def test_filters_are_said_in_words(filters: str, words: str) -> None:
    assert filters_in_words(filters) == words


def test_every_filter_of_the_listed_models_has_words() -> None:
    with (PROJECT / "seeds" / "driver_models.csv").open(encoding="utf-8") as stream:
        filters = {row["filters"] for row in csv.DictReader(stream)}
    assert len(filters) > 10
    for one in filters:
        assert "“" not in filters_in_words(one), one


def test_a_sentence_has_the_numbers_of_the_table() -> None:
    assert stated(TERMS[0]) == (
        "Victims were 2.1 times more likely to withdraw where the venue type was "
        "“Hotel or hostel” rather than “Public outdoor or open space” (95% interval "
        "1.9 to 2.3), about 8 percentage points more."
    )


def test_a_less_likely_driver_has_the_interval_turned_round() -> None:
    assert stated(TERMS[1]) == (
        "Victims were 2.5 times less likely to withdraw where the suspect was arrested "
        "on scene than where not (95% interval 2.0 to 3.1), about 20 percentage points "
        "less."
    )


def test_an_early_model_speaks_of_early_withdrawal() -> None:
    sentence = stated(TERMS[2], "is_completed_within_4_weeks")
    assert "to withdraw within 4 weeks where the case was flagged as hate crime" in (
        sentence
    )


def test_the_card_says_which_cases_and_how_many_withdrew(text: str) -> None:
    assert "2,000 serious youth violence cases with a recorded suspect." in text
    assert "In 900 of them (45.0%) the victim withdrew." in text


def test_the_card_names_the_strongest_sure_drivers(text: str) -> None:
    assert stated(TERMS[0]) in text
    assert stated(TERMS[1]) in text
    assert "Victims were 30" not in text
    assert "1 estimate marked † is unsure" in text


def test_the_card_gives_the_share_that_is_not_known(text: str) -> None:
    assert "Share of the cases: victim age 12.0%." in text


def test_the_card_says_how_good_the_model_is_on_unseen_cases(text: str) -> None:
    assert "explains 24% of the variation (Nagelkerke R² = 0.24)" in text
    assert "Cross-validated: AUC = 0.71, calibration slope = 0.80 (under 1" in text


def test_the_card_counts_what_many_tests_and_boroughs_leave(text: str) -> None:
    assert "Of 5 categories shown with an estimate, 4 are significant" in text
    assert "(p < 0.05); 3 remain so when" in text
    assert "Of the significant ones shown, 1 loses significance" in text
    assert "(32 boroughs)" in text
    assert "by a factor of 2.5; 2.1 would make it uncertain (E-value)" in text
    assert "1 category has no estimate." in text


def test_the_card_says_what_the_model_left_out(tmp_path: Path) -> None:
    note = (
        "45 sites with their own intercept; 2 sites with none or only withdrawals left "
        "out (4 cases); 1 category has none or only of the outcome: penalised fit "
        "(Firth)"
    )
    model = model_row(method="Firth's penalised likelihood", note=note)
    text = card(tmp_path, model)
    assert "2 sites with none or only withdrawals left out." in text
    assert "4 cases" not in text
    assert "the whole model is fitted by Firth's penalised likelihood." in text


def test_categories_under_the_threshold_are_nowhere_on_the_card(
    tmp_path: Path,
) -> None:
    few = [
        estimate_row("victim_intimidated", 9.0, cases=9, events=4),
        term_row("crime_type", "Unknown", cases=3, events=1),
    ]
    text = card(tmp_path, terms=[*TERMS, *few])
    assert "intimidated" not in text
    assert "crime type" not in text.lower()
    assert "2 categories with too few cases" in text


@pytest.mark.parametrize("events", [0, 3, 397, 400])
def test_a_category_with_few_or_only_withdrawals_is_nowhere_on_the_card(
    tmp_path: Path, events: int
) -> None:
    few = estimate_row("victim_intimidated", 9.0, events=events)
    text = card(tmp_path, terms=[*TERMS, few])
    assert "intimidated" not in text
    assert "1 category with too few cases" in text


def test_few_cases_are_not_printed(tmp_path: Path) -> None:
    text = card(tmp_path, model_row(sample_size=7, events=3), [])
    assert "Serious youth violence cases with a recorded suspect (number confid" in text
    assert "In 3 of them" not in text
    assert "Too few cases to say." in text
    assert "confidential - - -" in text_of(tmp_path / "index.html")


def test_counts_are_rounded_and_rates_are_theirs(tmp_path: Path) -> None:
    text = card(tmp_path, model_row(sample_size=2_012, events=897))
    assert "2,010 serious youth violence cases" in text
    assert "In 895 of them (44.5%)" in text
    assert "2,012" not in text
    assert "897" not in text


def test_simulated_input_is_stamped_on_every_page(tmp_path: Path, text: str) -> None:
    assert "SIMULATED" in card(tmp_path, is_simulated=True)
    assert "SIMULATED" in text_of(tmp_path / "index.html")
    assert "SIMULATED" not in text


def test_a_model_that_is_not_fitted_says_why(tmp_path: Path) -> None:
    terms = [term_row("hate_crime_flag", cases=None, note="the model is not fitted")]
    text = card(tmp_path, unfitted_row("the penalised fit did not converge"), terms)
    assert "The model could not be fitted: the penalised fit did not converge." in text
    assert "How good" not in text
    index = text_of(tmp_path / "index.html")
    assert "Not fitted: the penalised fit did not converge" in index


@pytest.mark.parametrize("events", [0, 2_000])
def test_that_all_or_none_withdrew_is_not_told(tmp_path: Path, events: int) -> None:
    model = {**unfitted_row("every case has the outcome"), "events": events}
    text = card(tmp_path, model, []) + text_of(tmp_path / "index.html")
    assert "every case" not in text
    assert "too few cases with, or without, the outcome" in text


def test_pages_are_written_for_each_model_and_listed_in_order(tmp_path: Path) -> None:
    models = [model_row(model=one) for one in ("10", "2", "00")]
    written = write_all(warehouse(models, TERMS), tmp_path)
    assert sorted(one.name for one in (tmp_path / "model_10").iterdir()) == [
        "card.html",
        "forest.png",
        "forest.svg",
        "forest_short.png",
        "forest_short.svg",
    ]
    assert {one for one in tmp_path.rglob("*") if one.is_file()} == set(written)
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    places = [index.index(f"model_{one}/card.html") for one in ("00", "2", "10")]
    assert places == sorted(places)


def test_only_the_models_named_are_written(tmp_path: Path) -> None:
    models = [model_row(model=one) for one in ("2", "10")]
    write_all(warehouse(models, TERMS), tmp_path, ["10"])
    assert not (tmp_path / "model_2").exists()
    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "model_10/card.html" in index
    assert "model_2/card.html" not in index


def test_a_model_that_is_not_published_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LinkageError, match="model 99 is not published"):
        write_all(warehouse([model_row()], TERMS), tmp_path, ["99"])


def test_pages_fetch_nothing_and_their_links_lead_somewhere(tmp_path: Path) -> None:
    card(tmp_path)
    for page in tmp_path.rglob("*.html"):
        markup = page.read_text(encoding="utf-8")
        assert '<html lang="en">' in markup
        assert not re.findall(r"<(?:script|link|iframe)\b", markup)
        for source, text in re.findall(r'<img src="([^"]+)" alt="([^"]+)"', markup):
            assert source.startswith("data:image/svg+xml;base64,")
            assert "Venue type: Hotel or hostel: 2.1x more likely" in text
        for link in re.findall(r'<a href="([^"]+)"', markup):
            assert (page.parent / link).resolve().exists(), link


def test_equal_rows_give_equal_pages_byte_for_byte(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        card(tmp_path / folder, is_simulated=True)
    files = [one for one in (tmp_path / "one").rglob("*") if one.is_file()]
    assert len(files) == 6
    for one in files:
        other = tmp_path / "two" / one.relative_to(tmp_path / "one")
        assert one.read_bytes() == other.read_bytes(), one.name


# Attacks on the pages -----------------------------------------------------------------

# Models that lie within each other, and categories about the threshold; no count is a
# multiple of five, so that one that is printed to the unit is seen.
MODELS = {
    "00": (2_013, 897),
    "0": (2_009, 892),
    "1": (1_187, 8),
    "2": (1_193, 1_189),
    "3": (7, 3),
    "4": (613, 301),
    "5": (604, 294),
}
CATEGORIES = [(2_004, 888), (1_498, 702), (611, 4), (612, 611), (8, 4), (23, 11)]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of those models, each with those categories, known and unknown."""
    folder = tmp_path_factory.mktemp("attacked")
    models, terms = [], []
    for model, (size, events) in MODELS.items():
        note = "2 sites with none or only withdrawals left out (6 cases)"
        models.append(
            model_row(
                model=model,
                filters="all cases",
                sample_size=size,
                events=events,
                note=note,
            )
        )
        for number, (cases, own) in enumerate(CATEGORIES):
            if cases <= size:
                row = estimate_row(
                    f"variable_{number}",
                    1.5 + number,
                    "Unknown",
                    cases=cases,
                    events=own,
                    model=model,
                    reference_category="Known",
                )
                terms.append(row)
    write_all(warehouse(models, terms), folder)
    return folder


def every_text(folder: Path) -> Iterator[tuple[Path, str]]:
    """All bytes of the files, and of what is packed in them, as text."""
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        if path.suffix == ".png":
            # Its points are the SVG's; beside them it holds words.
            with Image.open(path) as image:
                yield path, repr(image.info)
            continue
        content = path.read_bytes()
        yield path, content.decode("utf-8")
        for packed in re.findall(rb"data:image/svg\+xml;base64,([^\"]+)", content):
            yield path, base64.b64decode(packed).decode("utf-8")


def shown_counts(folder: Path) -> set[int]:
    """Every count of cases that a reader finds, or works out of a share."""
    found = set()
    for page in folder.rglob("*.html"):
        text = text_of(page)
        whole = re.findall(r"(?:All cases: |In )(\d[\d,]*)", text)
        sizes = [int(one.replace(",", "")) for one in whole]
        found |= set(sizes)
        for share in re.findall(r"variable \d (\d+\.\d)%", text):
            found.add(round(float(share) / 100 * sizes[0] / 5) * 5)
    for row in re.findall(
        r'"number">([\d,]+)</td>', (folder / "index.html").read_text("utf-8")
    ):
        found.add(int(row.replace(",", "")))
    for path in folder.rglob("*.svg"):
        text = " ".join(ElementTree.fromstring(path.read_text("utf-8")).itertext())
        for one in re.findall(r"n = (\d[\d,]*)|(\d[\d,]*) withdrew", text):
            found |= {int(part.replace(",", "")) for part in one if part}
    return found


def test_no_true_count_is_in_any_byte_of_the_pages(attacked: Path) -> None:
    true = {count for pair in [*MODELS.values(), *CATEGORIES] for count in pair}
    true |= {cases - events for cases, events in [*MODELS.values(), *CATEGORIES]}
    written = "|".join(f"{one:,}|{one}" for one in true if one >= 100)
    exact = re.compile(rf"(?<![\d.,#])(?:{written})(?![\d.,]*\d)")
    for path, text in every_text(attacked):
        assert not exact.search(text), (path, exact.search(text))
        assert not re.search(r"(?<![\d,])\d (?:cases?|of them|withdrew)\b", text), path


def test_what_the_pages_show_is_rounded_and_not_small(attacked: Path) -> None:
    counts = shown_counts(attacked)
    assert len(counts) > 4
    assert all(one >= 10 and one % 5 == 0 for one in counts)


def test_no_two_counts_of_the_pages_differ_by_a_small_count(attacked: Path) -> None:
    """Models within each other, a category and its model, a rate and its cases."""
    counts = sorted(shown_counts(attacked))
    assert all(two - one >= 10 for one, two in pairwise(counts))


def test_small_categories_and_models_have_no_estimate_on_the_pages(
    attacked: Path,
) -> None:
    for path, text in every_text(attacked):
        for number, (cases, events) in enumerate(CATEGORIES):
            if min(events, cases - events) < 10:
                assert f"ariable {number}" not in text, path
                assert f"variable_{number}" not in text, path
    index = text_of(attacked / "index.html")
    assert "confidential - - -" in index
    for model in ("1", "2", "3"):
        assert "Too few cases to say." in text_of(
            attacked / f"model_{model}" / "card.html"
        )


def test_a_category_whose_interval_is_not_given_is_listed_as_too_unsure(
    tmp_path: Path,
) -> None:
    wide = dict.fromkeys(("ci_low", "ci_high", "e_value", "e_value_bound"))
    rows = [
        estimate_row("hate_crime_flag", 2.0),
        estimate_row("knife_crime_flag", 9e100, note=TOO_WIDE, **wide),
    ]
    found = card(tmp_path, terms=rows)
    assert "Knife crime flag No too unsure to give" in found
    assert "e+100" not in found
