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
        "Rape ended in victim withdrawal 50.0% and judicial 10.0%; 1 group is too "
        "small to show."
    )


@pytest.mark.parametrize(
    ("positions", "stated"),
    [
        (
            ["inside", "inside", None],
            "of the 2 BCUs shown (1 is not), around 41.0%, none are outside the 95% "
            "limits.",
        ),
        (
            ["above 95%", "inside", None],
            "of the 2 BCUs shown (1 is not), around 41.0%, 1 is outside the 95% "
            "limits: North above 95%.",
        ),
        (
            [None, "below 99.8%", None],
            "of the 1 BCU shown (2 are not), around 41.0%, 1 is outside the 95% "
            "limits: South below 99.8%.",
        ),
    ],
)
def test_the_funnel_names_who_is_outside(positions: list[Any], stated: str) -> None:
    rows = pd.DataFrame(
        {
            "bcu": ["North", "South", "West"],
            "position": positions,
            "area_rate": 0.41,
            "first_month": "2021-04-01",
            "latest_month": "2022-03-01",
        }
    )
    assert sentences.funnel("Rape", rows) == f"Rape, Apr 2021 to Mar 2022: {stated}"
    assert sentences.funnel("Rape", rows.assign(position=None)) == (
        "Rape: too few places are shown for a funnel."
    )


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
    rows = pd.DataFrame({"withdrawal_rate": [0.4, 0.45, None], "centre_line": 0.42})
    signal = {
        "rule": "trend of six",
        "direction": "higher",
        "started_on": "2021-10",
        "latest_month": "2022-03",
    }
    assert sentences.control("Rape, North", rows, [signal]) == (
        "Rape, North: of the 2 months shown (1 is not), each had between 40.0% and "
        "45.0% of its cases end in withdrawal. 1 signal: trend of six (higher, Oct "
        "2021 to Mar 2022)."
    )
    assert sentences.control("Rape", rows, []).endswith(
        "They break no rule of the control chart."
    )
    young = rows.assign(centre_line=float("nan"))
    assert "There are no limits" in sentences.control("Rape", young, [])


def test_signals_are_counted_by_series_and_those_that_go_on() -> None:
    rows = pd.DataFrame(
        {
            "area": ["Rape", "Rape", "All crime"],
            "bcu": ["All", "All", "North"],
            "goes_on": ["yes", "no", "no"],
        }
    )
    assert sentences.signals(rows) == (
        "3 signals in 2 series of crime area and place, 1 of them up to the latest "
        "mature month."
    )
    assert sentences.signals(rows.head(0)).startswith("No month ")


def test_a_month_matures_from_its_first_to_its_latest_delivery() -> None:
    rows = pd.DataFrame(
        {
            "delivery": ["2021-05-01", "2021-06-01", "2021-07-01"],
            "rate_with_pending": [0.1, 0.3, 0.4],
        }
    )
    assert sentences.maturity("2021-04", rows) == (
        "Of the reports recorded in Apr 2021 with or still without an outcome 10.0% by "
        "2021-05-01 and 40.0% by 2021-07-01 had ended in withdrawal."
    )
    hidden = rows.assign(rate_with_pending=None)
    assert sentences.maturity("2021-04", hidden) == (
        "Apr 2021: too few cases to show a rate."
    )


def test_gaps_beyond_tolerance_are_counted() -> None:
    rows = pd.DataFrame(
        {
            "description": ["Sex missing", "Age missing", "Code missing"],
            "share": [0.2, 0.1, None],
            "tolerance": [0.15, 0.2, 0.0],
            "least": [0.19, 0.09, None],
            "most": [0.21, 0.11, None],
            "within": ["no", "yes", None],
            "fewer_than_10": [None, None, "failing"],
        }
    )
    assert sentences.gaps(rows) == (
        "Of the 2 gaps shown (1 is not), 1 is beyond tolerance. The largest shown "
        "is “Sex missing” (20.0%, tolerated 15.0%). 1 gap has fewer than 10 rows."
    )
    unsure = rows.assign(within=["too few to tell", "yes", None])
    assert sentences.gaps(unsure).startswith(
        "Of the 2 gaps shown (1 is not), none are beyond tolerance; 1 is too few "
        "to tell."
    )
    assert sentences.gaps(rows.tail(1)) == "1 gap has fewer than 10 rows."
    none = rows.tail(1).assign(fewer_than_10="population, failing")
    assert sentences.gaps(none) == sentences.NOTHING


def test_the_scorecard_names_its_lowest_score() -> None:
    rows = pd.DataFrame(
        {
            "delivery": ["2023-07-01"] * 3,
            "extract": ["victims", "flags", "flags"],
            "dimension": ["completeness", "validity", "timeliness"],
            "score": [0.8, 0.99, None],
            "least": [0.79, 0.98, None],
            "most": [0.81, 1.0, None],
            "fewer_than_10": [None, None, "failing"],
        }
    )
    assert sentences.scorecard(rows) == (
        "Delivery 2023-07-01: of the 2 scores shown (1 is not) of extracts by "
        "dimension, the lowest share of checks passed is that of completeness of "
        "victims (80.0%); in 1 fewer than 10 checks failed."
    )
    assert sentences.scorecard(rows.tail(1)) == (
        "Delivery 2023-07-01: of 1 score of extracts by dimension, in 1 fewer than 10 "
        "checks failed."
    )
    assert sentences.scorecard(rows.head(0)) == sentences.NOTHING


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
    assert sentences.model(["Venue: Hotel (2.7x)"], [], 1, 40, 2) == (
        "Of the 40 categories shown (2 are not), 1 differs significantly from what "
        "they are compared with. More likely with Venue: Hotel (2.7x)."
    )
    assert sentences.model([], [], 0, 40, 0) == (
        "Of 40 categories, none differs significantly from what they are compared with."
    )


def test_agreement_with_the_print_is_counted() -> None:
    assert sentences.printed(12, 10, 9, 1) == (
        "The study prints 12 odds ratios of this model. 10 are shown here, 9 of these "
        "in the direction printed; 1 of the printed ratios lies in the 95% interval of "
        "ours."
    )
    assert sentences.printed(1, 0, 0, 0) == (
        "The study prints 1 odds ratio of this model. None of them is shown here."
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
