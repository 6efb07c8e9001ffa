"""The rules of the control charts, on sequences made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from linkage.oversight.rules import HIGHER, LOWER, Found, find_signals, rule_names, runs

BEYOND, EIGHT, TREND = rule_names(3, 8, 6)


def found(values: Sequence[float], centre: float = 0.5, **changes: Any) -> set[Found]:
    """Signals of rates around one centre line, limits 0.3 away."""
    rate = np.array(values)
    middle = np.full(len(rate), centre)
    low, high = middle - 0.3, middle + 0.3
    return set(find_signals(rate, middle, low, high, **changes))


def test_rules_are_named_by_their_lengths() -> None:
    assert rule_names(3, 8, 6) == (
        "beyond_3_sigma",
        "eight_on_one_side",
        "trend_of_six",
    )
    assert rule_names(2.5, 9, 12) == (
        "beyond_2_5_sigma",
        "nine_on_one_side",
        "trend_of_12",
    )


def test_a_point_outside_its_limits_is_a_signal_of_that_month() -> None:
    assert found([0.5, 0.81, 0.4]) == {Found(BEYOND, HIGHER, 1, 1)}
    assert found([0.5, 0.6, 0.19]) == {Found(BEYOND, LOWER, 2, 2)}


def test_a_point_on_its_limit_is_inside() -> None:
    assert found([0.5, 0.8, 0.2], 0.5) == set()


def test_neighbours_beyond_on_one_side_are_one_signal_and_on_both_two() -> None:
    assert found([0.9, 0.95, 0.9, 0.1]) == {
        Found(BEYOND, HIGHER, 0, 2),
        Found(BEYOND, LOWER, 3, 3),
    }


def test_eight_on_one_side_are_a_signal_from_the_first_of_them() -> None:
    eight = [0.52, 0.55, 0.51, 0.56, 0.52, 0.57, 0.51, 0.55]
    assert found([0.4, *eight]) == {Found(EIGHT, HIGHER, 1, 8)}
    assert found([0.6, *(1 - value for value in eight), 0.6]) == {
        Found(EIGHT, LOWER, 1, 8)
    }


def test_seven_on_one_side_are_none() -> None:
    assert found([0.4, 0.52, 0.55, 0.51, 0.56, 0.52, 0.57, 0.51, 0.4]) == set()


def test_a_longer_run_is_one_signal() -> None:
    assert found([0.52, 0.55] * 6) == {Found(EIGHT, HIGHER, 0, 11)}


def test_a_point_on_the_centre_line_ends_a_run() -> None:
    assert found([0.52, 0.55, 0.51, 0.56, 0.5, 0.52, 0.57, 0.51, 0.55]) == set()


def test_six_points_each_above_the_last_are_a_trend() -> None:
    assert found([0.45, 0.42, 0.44, 0.47, 0.51, 0.53, 0.55, 0.5]) == {
        Found(TREND, HIGHER, 1, 6)
    }
    assert found([0.55, 0.53, 0.51, 0.49, 0.47, 0.45]) == {Found(TREND, LOWER, 0, 5)}


def test_five_points_each_above_the_last_are_none() -> None:
    assert found([0.45, 0.42, 0.44, 0.47, 0.51, 0.53, 0.5]) == set()


def test_a_tie_ends_a_trend() -> None:
    assert found([0.42, 0.44, 0.47, 0.47, 0.51, 0.53, 0.55]) == set()


def test_a_trend_is_of_the_rate_over_its_centre_line() -> None:
    rising = np.array([0.40, 0.42, 0.44, 0.46, 0.48, 0.50])
    assert not find_signals(rising, rising, rising - 0.3, rising + 0.3)


def test_lengths_are_settings() -> None:
    assert found([0.52, 0.55, 0.51], run_length=3) == {
        Found("three_on_one_side", HIGHER, 0, 2)
    }
    assert found([0.45, 0.5, 0.55], trend_length=3) == {
        Found("trend_of_three", HIGHER, 0, 2)
    }


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([], []),
        ([1], [(1, 0, 0)]),
        ([1, 1, 0, -1, -1], [(1, 0, 1), (0, 2, 2), (-1, 3, 4)]),
    ],
)
def test_runs_are_the_longest_stretches_of_one_mark(
    marks: list[int], expected: list[tuple[int, int, int]]
) -> None:
    assert (list(runs(marks)) if marks else []) == expected
