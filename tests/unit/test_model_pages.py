"""What the page of a driver model says: the released numbers, in plain words."""

from __future__ import annotations

import csv
import html
import json
import re
from collections.abc import Sequence

import pytest

from linkage.base.settings import PROJECT
from linkage.report.site.drivers import estimates_script, model_pages
from linkage.report.site.figures import Figure, Page
from linkage.report.site.write import site_files
from linkage.report.terms import read_terms
from linkage.report.wording import driver_sentence, filters_in_words, outcome_in_words
from ml.drivers import TOO_WIDE
from tests.driver_rows import (
    Row,
    estimate_row,
    inputs,
    model_row,
    performance_row,
    term_row,
    unfitted_row,
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
    estimate_row("modern_slavery_flag", 30.0, note="of use to nobody"),
    term_row("victim_age", "Unknown", cases=240, note="a combination of other columns"),
]
PERFORMANCE = [
    performance_row("in sample", auc=0.74, calibration_slope=1.0),
    performance_row("cross-validated"),
]
FEW = "with too few cases, or too few with or without the outcome, are not shown"


def page(model: Row | None = None, terms: Sequence[Row] = TERMS) -> Page:
    """The page of model 12."""
    made = model_pages(inputs([model or model_row()], terms, PERFORMANCE))
    return made["Model 12"]()


def card(model: Row | None = None, terms: Sequence[Row] = TERMS) -> str:
    """The text of its card, without the markup."""
    (section,) = (
        one for one in page(model, terms).sections if one.title == "Model card"
    )
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", section.html)).split())


def figure(name: str, made: Page | None = None) -> Figure:
    (found,) = (one for one in (made or page()).figures if one.name == name)
    return found


def rows_of(found: Figure) -> list[Row]:
    names = [column.name for column in found.columns]
    return [dict(zip(names, row, strict=True)) for row in found.rows]


def stated(row: Row, dependent: str = "is_victim_withdrawal") -> str:
    (term,) = read_terms([row])
    assert term.estimate is not None
    return driver_sentence(term, term.estimate, outcome_in_words(dependent))


# In words -----------------------------------------------------------------------------


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


# The card -----------------------------------------------------------------------------


def test_the_card_says_which_cases_and_how_many_withdrew() -> None:
    text = card()
    assert "2,000 serious youth violence cases with a recorded suspect." in text
    assert "In 900 of them (45.0%) the victim withdrew." in text


def test_the_card_names_the_strongest_sure_drivers() -> None:
    text = card()
    assert stated(TERMS[0]) in text
    assert stated(TERMS[1]) in text
    assert "Victims were 30" not in text
    assert "1 estimate marked † is unsure" in text


def test_the_card_gives_the_share_that_is_not_known() -> None:
    assert "Share of the cases: victim age 12.0%." in card()


def test_the_card_says_how_good_the_model_is_on_unseen_cases() -> None:
    text = card()
    assert "explains 24% of the variation (Nagelkerke R² = 0.24)" in text
    assert "Cross-validated: AUC = 0.71, calibration slope = 0.80 (under 1" in text


def test_the_card_counts_what_many_tests_and_boroughs_leave() -> None:
    text = card()
    assert "Of 5 categories shown with an estimate, 4 are significant" in text
    assert "(p < 0.05); 3 remain so when" in text
    assert "Of the significant ones shown, 1 loses significance" in text
    assert "(32 boroughs)" in text
    assert "by a factor of 2.5; 2.1 would make it uncertain (E-value)" in text
    assert "1 category has no estimate." in text


def test_the_card_says_what_the_model_left_out() -> None:
    note = (
        "45 sites with their own intercept; 2 sites with none or only withdrawals left "
        "out (4 cases); 1 category has none or only of the outcome: penalised fit "
        "(Firth)"
    )
    text = card(model_row(method="Firth's penalised likelihood", note=note))
    assert "2 sites with none or only withdrawals left out." in text
    assert "4 cases" not in text
    assert "the whole model is fitted by Firth's penalised likelihood." in text


@pytest.mark.parametrize(
    ("few", "note"),
    [
        ("cases, events", "no cases"),
        ("events", "no events; penalised estimate"),
        (None, "every case has the outcome; penalised estimate"),
        (None, None),
    ],
)
def test_a_category_without_a_released_estimate_is_only_counted(
    few: str | None, note: str | None
) -> None:
    hidden = term_row("victim_intimidated", fewer_than_10=few, note=note)
    made = page(terms=[*TERMS, hidden])
    assert "intimidated" not in made.as_json()
    assert "intimidated" not in card(terms=[*TERMS, hidden])
    stated = figure("forest", made).sentences[""]
    assert stated.startswith("Of the 6 categories shown (1 is not), ")
    assert f"1 category {FEW.replace('are not', 'is not')}" in card(
        terms=[*TERMS, hidden]
    )


def test_few_cases_are_only_said_to_be_few() -> None:
    few = dict.fromkeys(("sample_size", "events", "nagelkerke_r2", "auc"))
    model = model_row(**few, fewer_than_10="sample_size, events")
    text = card(model, [])
    assert "cases with a recorded suspect (fewer than 10)." in text
    assert "Too few cases to say." in text
    assert page(model, []).lead == "fewer than 10 cases"


def test_a_rate_takes_ten_cases_with_and_ten_without_the_outcome() -> None:
    for cases, events in ((95, 45), (2_000, 1_995), (2_000, None)):
        model = model_row(sample_size=cases, events=events)
        assert "of them (" not in card(model)
        assert "%" not in page(model).lead


def test_a_model_that_is_not_fitted_says_why() -> None:
    terms = [term_row("hate_crime_flag", cases=None, note="the model is not fitted")]
    made = page(unfitted_row("the penalised fit did not converge"), terms)
    text = card(unfitted_row("the penalised fit did not converge"), terms)
    assert "The model could not be fitted: the penalised fit did not converge." in text
    assert "How good" not in text
    assert not made.figures
    assert not made.filters


# The forest plot and its table --------------------------------------------------------


def test_strength_is_written_as_the_study_prints_it() -> None:
    shown = {row["label"]: row["stated"] for row in rows_of(figure("forest"))}
    assert shown["Venue type: Hotel or hostel"] == "2.1x more likely"
    assert shown["Suspect arrested on scene"] == "2.5x less likely"
    assert shown["Knife crime flag"] == "not significant"
    assert shown["Modern slavery flag"] == "30.0x more likely †"
    assert shown["Victim age: Unknown"] == "given by other columns"


def test_categories_are_in_the_studys_order_the_likeliest_first() -> None:
    rows = rows_of(figure("forest"))
    assert list(dict.fromkeys(row["group"] for row in rows)) == [
        "offence",
        "suspect",
        "victim",
    ]
    flags = [row["label"] for row in rows if row["reference"] == "No"]
    assert flags == [
        "Hate crime flag",
        "Knife crime flag",
        "Modern slavery flag",
        "Suspect arrested on scene",
    ]


def test_the_page_says_size_and_fit_of_the_model() -> None:
    made = page(model_row(method="Firth's penalised likelihood"))
    assert made.title == "Model 12: Serious youth violence where a suspect is recorded"
    assert made.lead == (
        "2,000 cases; 900 withdrew (45.0%); Nagelkerke R² 0.24; AUC 0.74; "
        "Firth's penalised likelihood"
    )


@pytest.mark.parametrize("bound", [None, 0.0])
def test_a_category_whose_interval_is_not_given_is_listed_as_too_unsure(
    bound: float | None,
) -> None:
    wide = {"ci_low": bound, "ci_high": None, "e_value": None, "e_value_bound": None}
    rows = [
        estimate_row("hate_crime_flag", 2.0),
        estimate_row("knife_crime_flag", 9e100, note=TOO_WIDE, **wide),
    ]
    found = rows_of(figure("forest", page(terms=rows)))
    assert [row["stated"] for row in found] == [
        "2.0x more likely",
        "too unsure to give",
    ]
    assert found[1]["odds_ratio"] is None


# Next to another model, and to the print ----------------------------------------------


def test_two_models_are_compared_in_the_categories_of_both() -> None:
    other = [
        one | {"model": "13"}
        for one in (
            estimate_row("hate_crime_flag", 0.5),
            estimate_row("suspect_arrested_on_scene", 0.5),
            estimate_row("repeat_victim", 2.0),
        )
    ]
    made = model_pages(inputs([model_row(), model_row(model="13")], [*TERMS, *other]))
    one = made["Model 12"]()
    assert figure("comparison", one).sentences == {
        "13": "2 categories are shown of both model 12 and model 13: 1 significant in "
        "the same direction in both, 1 in opposite directions, none only in model 12, "
        "none only in model 13."
    }
    script = estimates_script([one, made["Model 13"]()])
    estimates = json.loads(script.removeprefix("const estimates = ").rstrip(";\n"))
    assert {label for label, *_ in estimates["model-13"]} == {
        "Hate crime flag",
        "Suspect arrested on scene",
        "Repeat victim",
    }


def test_the_print_is_shown_next_to_ours() -> None:
    found = figure("printed")
    with (PROJECT / "data" / "published" / "mopac_driver_odds.csv").open(
        encoding="utf-8"
    ) as stream:
        printed = [row for row in csv.DictReader(stream) if row["model"] == "12"]
    rows = rows_of(found)
    assert len(rows) == len(printed) > 10
    ours = {row["label"]: row for row in rows}
    arrested = ours["Suspect arrested on scene of offence"]
    assert (arrested["odds_ratio"], arrested["low"], arrested["high"]) == (
        0.4,
        0.32,
        0.5,
    )
    (times,) = (
        float(one["times"])
        for one in printed
        if one["variable"] == "Suspect arrested on scene of offence"
    )
    assert arrested["other_odds_ratio"] == pytest.approx(1 / times, abs=0.006)
    assert found.sentences[""].startswith(
        f"The study prints {len(printed)} odds ratios of this model. "
    )


# The site -----------------------------------------------------------------------------


def test_models_have_a_page_each_and_are_listed_in_order() -> None:
    models = [model_row(model=one) for one in ("10", "2", "00")]
    files = site_files(inputs(models, TERMS, is_simulated=True), pytest.fail)
    assert {"model-10.html", "model-2.html", "model-00.html", "estimates.js"} <= {
        *files
    }
    links = re.findall(r'<td><a href="(model-[^"]+)"', files["drivers.html"])
    assert links == ["model-00.html", "model-2.html", "model-10.html"]
    for name in ("model-10.html", "drivers.html"):
        assert "SIMULATED input" in files[name]
        assert 'href="drivers.html" aria-current' in files[name]


def test_a_page_that_fails_is_named_and_the_others_are_written() -> None:
    models = [model_row(model=one) for one in ("2", "10")]
    bad = estimate_row("hate_crime_flag", 2.0, model="10", variable_group="weather")
    problems: list[str] = []
    files = site_files(inputs(models, [bad]), problems.append)
    (problem,) = problems
    assert problem.startswith("the page Model 10 could not be written: ")
    assert "model-2.html" in files
    assert "model-10.html" not in files
    assert "Model 10: could not be written" in files["index.html"]


def test_equal_rows_give_equal_pages_byte_for_byte() -> None:
    made = [site_files(inputs([model_row()], TERMS), pytest.fail) for _ in range(2)]
    assert made[0] == made[1]
