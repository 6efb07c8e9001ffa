"""First and last place, as far as the rounding of released counts allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from linkage.report.wording import plural

# Most names in a sentence where rounding leaves the first place open.
NAMED = 3
# A released count is less than 5 from the true one (seeds/perturbation.csv).
MOVED = 4
LEAST, LEAST_WHOLE = 10, 100
# A count that is not given is at most this.
MOST_HIDDEN = 9


@dataclass(frozen=True)
class Ranked:
    """A figure with its name; of the true counts it is between `least` and `most`.

    `stated` is the figure in words.
    """

    name: str
    figure: float
    least: float
    most: float
    stated: str


def least_of(count: Any) -> Any:
    """The least of the counts that may be released as this one (macros/release.sql)."""
    return count - MOVED


def most_of(count: Any) -> Any:
    """The most of them."""
    return count + MOVED


def share_bounds(part: Any, whole: Any) -> tuple[Any, Any]:
    """The least and the most that the share of two released counts may be."""
    least = least_of(part) / most_of(whole)
    most = most_of(part) / np.maximum(least_of(whole), 1)
    return np.maximum(least, 0), np.minimum(most, 1)


def with_bounds(rows: pd.DataFrame, part: str, whole: str) -> pd.DataFrame:
    """`least` and `most`: bounds of the share of the true counts."""
    least, most = share_bounds(rows[part].astype(float), rows[whole].astype(float))
    return rows.assign(least=least, most=most)


def released_share(part: int | None, whole: int | None) -> float | None:
    """Share of two released counts, where they are enough for one."""
    if part is None or whole is None or not has_share(part, whole):
        return None
    return round(part / whole, 3)


def has_share(part: Any, whole: Any) -> Any:
    """A share takes 100 records, and 10 with and 10 without (macros/release.sql)."""
    return (whole >= LEAST_WHOLE) & (part >= LEAST) & (whole - part >= LEAST)


def highest(found: Sequence[Ranked]) -> list[Ranked]:
    """Those that may be the highest of the true figures, by the released one."""
    floor = max(one.least for one in found)
    first = [one for one in found if one.most >= floor]
    return sorted(first, key=lambda one: -one.figure)


def lowest(found: Sequence[Ranked]) -> list[Ranked]:
    """Those that may be the lowest of the true figures, by the released one."""
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
