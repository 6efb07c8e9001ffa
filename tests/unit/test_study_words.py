"""Sentences on the violent-crime study say what their numbers say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from linkage.report.study_content import (
    Bar,
    Category,
    Curve,
    Step,
    StudyModel,
    level_in_words,
)
from linkage.report.study_words import (
    coefficient_sentences,
    curve_sentences,
    design_sentences,
    flow_sentences,
    leakage_sentences,
    limits,
    outcome_sentences,
    quality_sentences,
    tuning_sentences,
)
from ml.study_models import INCOMPLETE, LATE, MISSING_LEVELS

MEANINGS = {
    ("victim_informed", "X"): "missing",
    ("victim_age_band", "unknown"): "missing, or outside 0-120",
    ("victim_sex", "F"): "female",
    ("response_code", "P1"): "immediate",
    ("injury_code", "5"): "none; ours: also where nothing is recorded",
}


def of_model(
    leakage: Mapping[str, float | None] | None = None,
    *,
    withheld: int = 0,
    **changes: Any,
) -> StudyModel:
    model = {
        "model": "V1",
        "dependent": "is_success",
        "training_crimes": 2_400,
        "training_events": 415,
        "test_crimes": 600,
        "test_events": None,
        "columns_offered": 155,
        "columns_selected": 36,
        "mixing": 1.0,
        "penalty": 0.005576,
        "blend": 0.5,
        "cross_validated_auc": 0.99918,
        "cross_validated_auc_std_error": 0.000154,
        "training_auc": 0.999,
        "auc": 0.998,
        "auch": 0.9985,
        **changes,
    }
    left_out = [{"left_out": name, "auc": auc} for name, auc in (leakage or {}).items()]
    coefficients = [{"recorded": "at"}, {"recorded": "after"}, {"recorded": "before"}]
    return StudyModel(model, coefficients, withheld, [], left_out, [])


def category(label: str, crimes: int | None, share: float | None) -> Category:
    counts = None if None in (crimes, share) else round((crimes or 0) * (share or 0))
    return Category(label, crimes, {"success": counts}, {"success": share})


def bar(coefficient: float, **changes: Any) -> Bar:
    of_bar = {
        "label": "Victim informed: missing",
        "printed": "vict_informedX",
        "is_beneficial": coefficient > 0,
        "selected_share": 1.0,
        "is_late": False,
        "is_missing": False,
        **changes,
    }
    return Bar(coefficient=coefficient, **of_bar)


# The flow and the outcomes ------------------------------------------------------------


def test_the_flow_names_the_step_that_loses_most() -> None:
    steps = [
        Step("delivered", None, 6_750, None),
        Step("section out of scope", 900, 5_850, 900 / 6_750),
        Step("before 2014", 1_515, 3_000, 0.259),
    ]
    assert flow_sentences(steps) == [
        "Of 6,750 crimes delivered, 3,000 are in the study (44%).",
        "Of 2 steps, the largest share is lost at “before 2014” (25.9% of the crimes "
        "that came to this step).",
    ]
    hidden = [*steps[:1], Step("section out of scope", None, 5_850, None), steps[2]]
    assert flow_sentences(hidden)[1].startswith("Of the 1 step shown (1 is not), ")


def test_a_flow_that_may_not_be_shown_says_so() -> None:
    assert flow_sentences([Step("delivered", None, None, None)]) == [
        "Too few crimes to say."
    ]


def test_outcomes_name_the_most_and_the_least_frequent_that_are_shown() -> None:
    categories = [
        category("All", 3_000, 0.17),
        category("P1 (immediate)", 990, 0.25),
        category("P2 (priority response)", 810, 0.12),
        category("P6 (support)", None, None),
        replace(category("Not recorded", 300, 0.5), is_known=False),
    ]
    assert outcome_sentences(categories, ["success"], "response code") == [
        "17% of all crimes end in success. By response code, of the 2 recorded "
        "categories shown (1 is not), it is most frequent for P1 (immediate) (25% of "
        "990 crimes) and least for P2 (priority response) (12% of 810 crimes).",
        "1 category has too few crimes, or too few of an outcome, to show every share.",
    ]


def test_outcomes_whose_intervals_overlap_may_be_chance() -> None:
    categories = [
        category(name, 100, share)
        for name, share in (("All", 0.2), ("Male", 0.15), ("Female", 0.26))
    ]
    (stated,) = outcome_sentences(categories, ["success"], "sex")
    assert stated.endswith("male (15% of 100 crimes); that may be chance.")


def test_outcomes_that_are_alike_are_not_ranked() -> None:
    categories = [
        category(name, 500, share)
        for name, share in (("All", 0.2), ("Male", 0.201), ("Female", 0.203))
    ]
    assert outcome_sentences(categories, ["success"], "sex") == [
        "20% of all crimes end in success. By sex, of 2 recorded categories, it is too "
        "close to rank."
    ]


# The models ---------------------------------------------------------------------------


def test_the_design_hides_the_count_that_is_hidden() -> None:
    crimes, columns = design_sentences(of_model())
    assert crimes == (
        "2,400 crimes to fit and 600 others to judge it, drawn at random; 415 and "
        "fewer than 10 of them with success."
    )
    assert columns.endswith("155 columns, of which the penalty selects 36.")


def test_tuning_is_told_with_its_choice_and_error() -> None:
    (sentence,) = tuning_sentences(of_model())
    assert (
        "mixing 1 (the lasso), penalty 0.0056, blend 0.5 (partly relaxed)" in sentence
    )
    assert "0.999 (standard error 0.00015)" in sentence


def test_the_report_s_own_area_stands_beside_ours() -> None:
    ours, printed = quality_sentences(of_model(auc=0.8049))
    assert "AUC is 0.805" in ours
    assert "in 80 of 100 pairs" in ours
    assert printed == "The report prints 0.998 for its own model."
    other = quality_sentences(of_model(dependent="is_evidential_difficulties_victim"))
    assert other[-1] == "The report prints 0.861 for its own model."


def test_leakage_is_told_from_the_areas_that_are_left() -> None:
    stated = " ".join(
        leakage_sentences(
            of_model(
                {
                    "victim contact": 0.555,
                    LATE: 0.563,
                    "crime": 0.998,
                    "response": 0.997,
                    MISSING_LEVELS: 0.9987,
                    INCOMPLETE: 0.5409,
                }
            )
        )
    )
    assert "An AUC of 0.998 is too good to be a finding" in stated
    assert (
        "it falls to 0.563: 87% of what it had above chance is theirs, and what would "
        "be known in time tells next to nothing." in stated
    )
    assert "falls to: victim contact 0.555. 2 other groups change it by less" in stated
    assert "stand for what is missing it is 0.999: as every level has a col" in stated
    assert "Without every field that can be missing it is 0.541." in stated
    assert "The report's 0.998 comes of missing information too" in stated


def test_a_model_without_leakage_is_not_called_leaky() -> None:
    stated = " ".join(
        leakage_sentences(
            of_model(
                {"crime": 0.70, LATE: 0.748, MISSING_LEVELS: 0.72},
                auc=0.75,
                dependent="is_evidential_difficulties_victim",
            )
        )
    )
    assert "too good" not in stated
    assert "it stays at 0.748: they give nothing away." in stated
    assert "falls to: crime 0.700." in stated
    assert "stand for what is missing it is 0.720." in stated
    assert "missing information too" not in stated


@pytest.mark.parametrize(
    ("late", "grade"),
    [(0.85, "much"), (0.75, "something"), (0.65, "little"), (0.5, "next to nothing")],
)
def test_what_is_known_in_time_is_graded_by_its_area(late: float, grade: str) -> None:
    stated = " ".join(leakage_sentences(of_model({LATE: late})))
    assert f"known in time tells {grade}." in stated


def test_coefficients_are_counted_by_what_they_are() -> None:
    bars = [
        bar(-2.0, is_late=True, is_missing=True),
        bar(1.5, is_late=True, selected_share=0.5),
        bar(0.5),
    ]
    stated = coefficient_sentences(bars, of_model(withheld=1))
    assert stated == [
        "Of the 3 coefficients shown (of 36 selected), 2 are beneficial and 1 adverse.",
        "2 are of fields recorded at or after the outcome, 1 means that something "
        "is missing.",
        "2 are selected in at least 90% of random halves of the training part.",
        "1 of those selected is not shown: too few crimes of their level, or too few "
        "with or without the outcome.",
    ]


def test_a_curve_is_told_by_its_turning_points() -> None:
    log_odds = np.log([1, 0.5, 4])
    curve = Curve(
        "Investigation officers",
        [1, 12, 30],
        [*log_odds],
        [*(log_odds - np.log(2))],
        [*(log_odds + np.log(2))],
        0.9,
        50,
    )
    first, band = curve_sentences([curve], "is_success")
    assert first == (
        "Investigation officers: against 1, the odds of success are lowest with 12 "
        "(0.5 times, band 0.25 to 1) and highest with 30 (4 times, band 2 to 8)."
    )
    assert "the middle 90% of 50 curves" in band
    assert "not a confidence interval" in band


def test_a_curve_that_is_not_selected_has_no_effect() -> None:
    nothing = [0.0, 0.0]
    curve = Curve("Officers", [1, 2], nothing, nothing, nothing, 0.9, 50)
    assert curve_sentences([curve], "is_success") == [
        "Officers: the penalty selects no term, so the model sees no effect."
    ]


def test_limits_count_what_cannot_be_known_in_time() -> None:
    assert any(
        one.startswith("2 of the 3 coefficients shown are of fields")
        for one in limits(of_model())
    )


@pytest.mark.parametrize(
    ("variable", "level", "words"),
    [
        ("victim_informed", "X", "Victim informed: missing"),
        ("is_vulnerable", "false", "Vulnerable: no"),
        (
            "victim_age_band:victim_sex",
            "unknown:F",
            "Victim age band: missing, victim sex: female",
        ),
        ("response_code", "P1", "Response code: P1 (immediate)"),
        ("injury_code", "5", "Injury code: none"),
        ("crime_year", "2021", "Crime year: 2021"),
        ("offenders", None, "Offenders"),
        ("days_to_clear_up", "NA", "Days to clear up: missing"),
        ("investigation_officers", "spline 2", "Investigation officers, spline 2"),
    ],
)
def test_a_column_is_said_in_words(
    variable: str, level: str | None, words: str
) -> None:
    assert level_in_words(variable, level, MEANINGS) == words


# Against exact counts -----------------------------------------------------------------


def released(count: int, random: np.random.Generator) -> int | None:
    """Up or down to a multiple of 5, without bias; none below 10."""
    shown = (count // 5 + int(random.random() < count % 5 / 5)) * 5
    return shown if shown >= 10 else None


@pytest.mark.parametrize("seed", range(300))
def test_who_is_named_as_first_is_so_of_the_true_counts(seed: int) -> None:
    """Random outcomes: of those shown the sentence names the true extremes."""
    random = np.random.default_rng(seed)
    crimes = [int(one) for one in random.integers(100, 900, 6)]
    events = [
        int(random.binomial(one, random.choice([0.1, 0.12, 0.3]))) for one in crimes
    ]
    categories, exact = [category("All", sum(crimes), 0.2)], {}
    for at, (of, over) in enumerate(zip(events, crimes, strict=True)):
        name, whole = f"kind {at}", released(over, random) or 0
        shown = None if random.random() < 0.3 else released(of, random)
        share = None if shown is None else shown / whole
        categories.append(Category(name, whole, {"success": shown}, {"success": share}))
        exact[name] = (shown is not None, of / over)
    first, *_ = outcome_sentences(categories, ["success"], "kind")
    known = {name: value for name, (is_shown, value) in exact.items() if is_shown}
    hidden = len(exact) - len(known)
    if len(known) < 2:
        assert "most frequent" not in first
        return
    stated = f"{len(known)} recorded categories" + (
        f" shown ({hidden} {'is' if hidden == 1 else 'are'} not)" if hidden else ""
    )
    assert stated in first
    found = re.search(r"most frequent for (.+) and least for (.+?)\.?$", first)
    if found is None:
        assert "too close to rank" in first
        return
    for text, best in ((found[1], max), (found[2], min)):
        assert "other" in text or best(known, key=lambda one: known[one]) in text, first
