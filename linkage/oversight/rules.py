"""Rules that separate a signal from chance on a control chart.

Western Electric (1956), Statistical Quality Control Handbook; Nelson (1984), Journal of
Quality Technology 16(4), 237-239.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

HIGHER, LOWER = "higher", "lower"


@dataclass(frozen=True)
class Found:
    """Points `first` to `last` of a series break a rule, upwards or downwards."""

    rule: str
    direction: str
    first: int
    last: int


def find_signals(
    rate: npt.NDArray[np.float64],
    centre: npt.NDArray[np.float64],
    lower: npt.NDArray[np.float64],
    upper: npt.NDArray[np.float64],
    *,
    sigma: float = 3,
    run_length: int = 8,
    trend_length: int = 6,
) -> list[Found]:
    """Every stretch of points, in order of time, that breaks a rule.

    Sides and trends are of the rate over its centre line, so that a change of case mix
    or season is neither.
    """
    beyond, side, trend = rule_names(sigma, run_length, trend_length)
    outside = (rate > upper).astype(int) - (rate < lower).astype(int)
    sides = np.sign(rate - centre).astype(int)
    steps = np.sign(np.diff(rate / centre)).astype(int)
    return [
        *_found(beyond, outside, 1),
        *_found(side, sides, run_length),
        *_found(trend, steps, trend_length - 1, further=1),
    ]


def rule_names(sigma: float, run_length: int, trend_length: int) -> tuple[str, ...]:
    """Names of the rules, which include their lengths: `eight_on_one_side`."""
    return (
        f"beyond_{sigma:g}_sigma".replace(".", "_"),
        f"{_word(run_length)}_on_one_side",
        f"trend_of_{_word(trend_length)}",
    )


def runs(marks: Sequence[int] | npt.NDArray[np.int_]) -> Iterator[tuple[int, int, int]]:
    """Each longest stretch of one mark: the mark, its first and its last position."""
    first = 0
    for position in range(1, len(marks) + 1):
        if position == len(marks) or marks[position] != marks[first]:
            yield int(marks[first]), first, position - 1
            first = position


def _found(
    rule: str, marks: npt.NDArray[np.int_], length: int, further: int = 0
) -> Iterator[Found]:
    for mark, first, last in runs(marks):
        if mark != 0 and last - first + 1 >= length:
            yield Found(rule, HIGHER if mark > 0 else LOWER, first, last + further)


def _word(number: int) -> str:
    words = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    return words[number - 2] if 2 <= number <= 10 else str(number)
