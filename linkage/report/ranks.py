"""First and last place, as far as rounded and hidden counts allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linkage.report.wording import plural

# Most names in a sentence where rounding leaves the first place open.
NAMED = 3


@dataclass(frozen=True)
class Ranked:
    """A figure with its name; before rounding it was between `least` and `most`.

    `stated` is the figure in words.
    """

    name: str
    figure: float
    least: float
    most: float
    stated: str


def least_of(count: Any, base: int) -> Any:
    """The least of the counts that round to this one (`disclosure.rounding`)."""
    return np.maximum(count - base // 2, 0)


def most_of(count: Any, base: int) -> Any:
    """The most of them; 0 is exact, as a small count is confidential."""
    return np.where(np.equal(count, 0), 0, count + base - 1 - base // 2)


def share_bounds(part: Any, whole: Any, base: int) -> tuple[Any, Any]:
    """The least and the most that the share of two rounded counts may be."""
    least = least_of(part, base) / np.maximum(most_of(whole, base), 1)
    most = most_of(part, base) / np.maximum(least_of(whole, base), 1)
    return least, np.minimum(most, 1)


def highest(found: Sequence[Ranked]) -> list[Ranked]:
    """Those that may be the highest before rounding, by their figure."""
    floor = max(one.least for one in found)
    first = [one for one in found if one.most >= floor]
    return sorted(first, key=lambda one: -one.figure)


def lowest(found: Sequence[Ranked]) -> list[Ranked]:
    """Those that may be the lowest before rounding, by their figure."""
    ceiling = min(one.most for one in found)
    last = [one for one in found if one.least <= ceiling]
    return sorted(last, key=lambda one: one.figure)


def named(first: Sequence[Ranked]) -> str:
    """One, or those among which rounding does not decide: A (50.0%) or B (49.9%)."""
    words = [f"{one.name} ({one.stated})" for one in first[:NAMED]]
    if len(first) > NAMED:
        words.append(plural(len(first) - NAMED, "other", "others"))
    *before, last = words
    return f"{', '.join(before)} or {last}" if before else last


def shown_of(shown: int, hidden: int, one: str, many: str) -> str:
    """The ranked set: "of 5 groups", "of the 3 groups shown (2 are not)"."""
    if not hidden:
        return f"of {plural(shown, one, many)}"
    return (
        f"of the {plural(shown, one, many)} shown ({hidden:,} "
        f"{'is' if hidden == 1 else 'are'} not)"
    )


def ranking(found: Sequence[Ranked], hidden: int, one: str, many: str) -> str:
    """The highest and the lowest of the set that is named; `hidden` are not in it."""
    if len(found) < 2:
        return f"too few {many} are shown to compare"
    of = shown_of(len(found), hidden, one, many)
    first, last = highest(found), lowest(found)
    if len(first) == len(found):
        return f"{of}, from {last[0].stated} to {first[0].stated}, too close to rank"
    return f"{of}, highest {named(first)}, lowest {named(last)}"
