"""Sentences of the report site say what the numbers say."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from linkage.report.site import sentences


def rates(*rows: tuple[str, Any, Any, Any, Any]) -> pd.DataFrame:
    """Category, cases, rate, mark and position of each row."""
    frame = pd.DataFrame(
        rows, columns=["category", "cases", "withdrawal_rate", "significance", "group"]
    )
    low, high = frame["withdrawal_rate"] - 0.01, frame["withdrawal_rate"] + 0.01
    return frame.assign(
        crime_area=frame["category"], ci_low=low, ci_high=high, least=low, most=high
    )


TOTAL = {"withdrawal_rate": 0.41, "ci_low": 0.403, "ci_high": 0.416, "cases": 20000}


def test_withdrawal_is_said_with_its_interval_and_its_extremes() -> None:
    rows = rates(
        ("Rape", 500, 0.65, None, ""),
        ("Robbery", 800, 0.21, None, ""),
        ("Stalking", None, None, None, ""),
    )
    assert sentences.areas(TOTAL, rows) == (
        "Victims withdrew in 41.0% (95% interval 40.3% to 41.6%) of 20,000 cases. Of "
        "the 2 crime areas shown (1 is not), highest rape (65.0%), lowest robbery "
        "(21.0%)."
    )


def test_without_a_rate_nothing_is_said() -> None:
    nothing = rates(("Rape", None, None, None, ""))
    assert sentences.areas(None, nothing) == sentences.NOTHING
    assert sentences.table_of_places(nothing) == sentences.NOTHING
    assert sentences.marked("Rape", "BCU", nothing) == (
        "Rape: no BCU has enough cases to show a rate."
    )
    assert sentences.groups("Rape", "victims", nothing) == (
        "Rape: too few cases by group of victims to compare."
    )


def test_marks_are_named_with_the_places_that_have_them() -> None:
    rows = rates(
        ("North", 300, 0.5, "higher", ""),
        ("West", 300, 0.48, "higher", ""),
        ("South", 600, 0.35, "lower", ""),
        ("East", 500, 0.41, None, ""),
    )
    assert sentences.marked("All crime", "BCU", rows) == (
        "All crime: of 4 BCUs, highest North (50.0%) or West (48.0%), lowest South "
        "(35.0%). At 99%, North and West higher and South lower than the rest."
    )
    unmarked = rows.assign(significance=None)
    assert sentences.marked("All crime", "BCU", unmarked).endswith(
        "None of them is marked as apart from the rest at 99%."
    )


def test_cells_that_are_marked_and_that_are_hidden_are_counted() -> None:
    rows = rates(
        ("North", 300, 0.5, "higher", ""),
        ("South", 600, 0.35, None, ""),
        ("East", None, None, None, ""),
    )
    assert sentences.table_of_places(rows) == (
        "Of the 2 rates shown (1 is not), 1 is marked higher and none lower than all "
        "other places at 99%; by chance alone about one in a hundred would be."
    )


def test_the_flow_says_what_is_left_and_what_removes_most() -> None:
    rows = pd.DataFrame(
        {
            "step": ["delivered", "no victim", "several victims"],
            "crime_reports_removed": [None, 30, 70],
            "crime_reports_left": [400, 370, 300],
            "least": [None, 28, 68],
            "most": [None, 32, 72],
        }
    ).astype({"crime_reports_removed": "Int64"})
    assert sentences.flow(rows) == (
        "300 of 400 crime reports delivered (75.0%) are in the combined dataset. Of 2 "
        "steps, most are removed by “several victims” (70)."
    )
    hidden = rows.assign(crime_reports_left=[400, 370, None])
    hidden.loc[1, "crime_reports_removed"] = pd.NA
    assert sentences.flow(hidden) == (
        "Of the 1 step shown (1 is not), most are removed by “several victims” (70)."
    )
    assert sentences.flow(rows.head(1)) == sentences.NOTHING


def test_outcomes_are_said_in_their_order_and_hidden_ones_counted() -> None:
    rows = pd.DataFrame(
        {
            "outcome_group": ["Judicial", "Victim withdrawal", "Other"],
            "share": [0.1, 0.5, None],
        }
    )
    assert sentences.outcomes("Rape", rows) == (
        "Rape ended in victim withdrawal 50.0% and judicial 10.0%; 1 group is "
        "confidential."
    )


def test_changes_are_counted_and_the_largest_is_named() -> None:
    rows = pd.DataFrame(
        {
            "crime_area": ["Rape", "Robbery", "Stalking"],
            "before_rate": [0.6, 0.2, 0.4],
            "withdrawal_rate": [0.57, 0.21, 0.4],
            "change": [-0.03, 0.01, 0.01],
            "least": [-0.04, 0.005, -0.01],
            "most": [-0.02, 0.015, 0.03],
        }
    )
    assert sentences.changes(rows, 5) == (
        "Of the 3 rates shown in both releases (2 are not), 2 have moved since the "
        "release before by more than rounding may explain: rape fell from 60.0% to "
        "57.0% and robbery rose from 20.0% to 21.0%."
    )
    assert sentences.changes(rows.tail(1), 1) == (
        "Of 1 rate, none has moved by more than rounding may explain."
    )
    assert sentences.changes(rows.head(0), 5).startswith("There is no earlier release")


@pytest.mark.parametrize(
    ("positions", "stated"),
    [
        (
            ["inside", "inside"],
            "of the 2 BCUs shown (1 is not), around 41.0%, none are outside the 95% "
            "limits.",
        ),
        (
            ["above 95%", "inside"],
            "of the 2 BCUs shown (1 is not), around 41.0%, 1 is outside the 95% "
            "limits: North above 95%.",
        ),
        (
            [None, "below 99.8%"],
            "of the 1 BCU shown (2 are not), around 41.0%, 1 is outside the 95% "
            "limits: South below 99.8%.",
        ),
    ],
)
def test_the_funnel_names_who_is_outside(positions: list[Any], stated: str) -> None:
    rows = pd.DataFrame({"category": ["North", "South"], "position": positions})
    assert sentences.funnel("Rape", 0.41, rows, 3) == f"Rape: {stated}"


def test_groups_name_the_most_and_the_least_but_not_the_unknown() -> None:
    rows = rates(
        ("Female", 300, 0.5, None, "Victim's sex"),
        ("Male", None, None, None, "Victim's sex"),
        ("65+", 300, 0.3, None, "Victim's age"),
        ("25-64", 300, 0.4, None, "Victim's age"),
        ("18-24", None, None, None, "Victim's age"),
        ("Unknown", 300, 0.9, None, "Victim's age"),
    )
    assert sentences.groups("Rape", "victims", rows) == (
        "Rape. Victim's age: of the 2 recorded groups shown (1 is not), highest 25-64 "
        "(40.0%), lowest 65+ (30.0%). Too few groups are shown to compare by victim's "
        "sex."
    )


def test_what_rounding_leaves_open_is_not_ranked() -> None:
    rows = rates(*((name, 300, 0.4, None, "") for name in "ABC"))
    assert sentences.marked("Rape", "borough", rows).startswith(
        "Rape: of 3 boroughs, from 40.0% to 40.0%, too close to rank."
    )


def test_the_curve_says_how_soon_and_when_half_were_closed() -> None:
    rows = pd.DataFrame(
        {
            "days": [0, 7, 27],
            "days_in_words": ["the same day", "a week", "4 weeks"],
            "cumulative": [0.15, 0.36, 0.62],
            "least": [0.14, 0.35, 0.61],
            "most": [0.16, 0.37, 0.63],
        }
    )
    assert sentences.curve("Rape", rows) == (
        "Rape: of those who withdrew, 15.0% within the same day, 36.0% within a week "
        "and 62.0% within 4 weeks. Half were closed within 4 weeks."
    )
    # Where the first band is confidential, half may have been reached in it.
    missing = [float("nan"), float("nan"), 0.62]
    hidden = rows.assign(cumulative=missing, least=missing, most=missing)
    assert "Half" not in sentences.curve("Rape", hidden)
    unsure = rows.assign(most=[0.16, 0.51, 0.63])
    assert "Half" not in sentences.curve("Rape", unsure)


def test_the_control_chart_names_its_signals() -> None:
    rows = pd.DataFrame({"withdrawal_rate": [0.4, 0.45, None], "centre": 0.42})
    signal = {
        "rule": "trend of six",
        "direction": "higher",
        "started_on": "2021-10",
        "latest_month": "2022-03",
    }
    assert sentences.control("Rape", "all months", rows, [signal]) == (
        "Rape, all months: of the 2 months shown (1 is not), each had between 40.0% "
        "and 45.0% of its cases end in withdrawal. 1 signal: trend of six (higher, Oct "
        "2021 to Mar 2022)."
    )
    assert sentences.control("Rape", "all months", rows, []).endswith(
        "They break no rule of the control chart."
    )
    young = rows.assign(centre=float("nan"))
    assert "There are no limits" in sentences.control("Rape", "Q2 2021", young, [])


def test_gaps_beyond_tolerance_are_counted() -> None:
    rows = pd.DataFrame(
        {
            "description": ["Sex missing", "Age missing", "Code missing"],
            "share": [0.2, 0.1, None],
            "tolerance": [0.15, 0.2, 0.0],
            "least": [0.19, 0.09, None],
            "most": [0.21, 0.11, None],
            "within": ["no", "yes", None],
        }
    )
    assert sentences.gaps(rows) == (
        "Of the 2 gaps shown (1 is not), 1 is beyond tolerance. The largest shown "
        "is “Sex missing” (20.0%, tolerated 15.0%)."
    )
    assert sentences.gaps(rows.assign(within=["rounding", "yes", None])).startswith(
        "Of the 2 gaps shown (1 is not), none are beyond tolerance; 1 is too few "
        "to tell."
    )


def test_the_scorecard_names_its_lowest_score() -> None:
    rows = pd.DataFrame(
        {
            "delivery": ["2023-07-01"] * 2,
            "extract": ["victims", "flags"],
            "dimension": ["completeness", "validity"],
            "score": [0.8, 0.99],
            "least": [0.79, 0.98],
            "most": [0.81, 1.0],
        }
    )
    assert sentences.scorecard(rows) == (
        "Delivery 2023-07-01: of 2 scores of extracts by dimension, the lowest share "
        "of checks passed is that of completeness of victims (80.0%)."
    )


def test_a_gap_is_followed_from_its_first_delivery() -> None:
    rows = pd.DataFrame({"delivery": ["a", "b", "c"], "share": [0.1, None, 0.3]})
    assert sentences.trend("Sex missing", rows) == (
        "Sex missing: 10.0% in a, 30.0% in c, the latest."
    )
    assert sentences.trend("Sex missing", rows.head(1)) == (
        "Sex missing: 10.0% in a, the latest."
    )
    assert sentences.trend("Sex missing", rows.head(2)) == (
        "Sex missing: 10.0% in a; that of b, the latest, is not shown."
    )


def test_a_model_is_said_by_its_strongest_drivers() -> None:
    assert sentences.model("3", ["Venue: Hotel (2.7x)"], [], 1, 40, 2) == (
        "Model 3: of the 40 categories shown (2 are not), 1 differs significantly from "
        "what they are compared with. More likely with Venue: Hotel (2.7x)."
    )
    assert sentences.model("3", [], [], 0, 40, 0) == (
        "Model 3: of 40 categories, none differs significantly from what they are "
        "compared with."
    )


def test_two_models_are_compared_by_what_both_have() -> None:
    assert sentences.comparison("17", "18", 40, 12, 0, (3, 4)) == (
        "40 categories are shown of both model 17 and model 18: 12 significant in the "
        "same direction in both, none in opposite directions, 3 only in model 17, 4 "
        "only in model 18."
    )


def test_words_are_listed() -> None:
    assert sentences.listed([]) == ""
    assert sentences.listed(["a"]) == "a"
    assert sentences.listed(["a", "b", "c"]) == "a, b and c"
